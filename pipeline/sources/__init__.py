"""From files to batches of documents: formats, compression, charsets, HTML to text, and the cutting into
units."""
