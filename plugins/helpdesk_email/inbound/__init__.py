"""Reading mail: from bytes of strangers to what they said. Imports nothing, so that the parser process stays small."""
