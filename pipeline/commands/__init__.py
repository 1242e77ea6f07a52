"""The commands, by what they are about. Each is a few lines: what they do lies in the module of their name."""
