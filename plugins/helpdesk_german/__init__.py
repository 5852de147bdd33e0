"""German words for the core and the shipped plugins: catalogue, mail texts, page texts. Formal "Sie"."""
