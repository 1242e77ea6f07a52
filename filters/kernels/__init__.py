"""The hot loops, over Arrow buffers (uint8 data and int64 offsets). Every kernel lives here, each beside a test that
holds it to a short plain-Python definition on arbitrary Unicode.
"""
