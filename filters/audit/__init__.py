"""Which groups of people, and which ways of writing English, a document mentions or shows: for the bias audit.

`groups` has the lists. Nothing here decides about a document.
"""
