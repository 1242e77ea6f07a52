"""From kept documents to training shards: the tokenizer (given, or trained on the run), the sorted runs of
token rows that each unit leaves behind, and the shuffled Arrow shards that are merged from them.
"""
