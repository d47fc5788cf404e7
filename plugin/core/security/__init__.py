"""Tokens, codes, states and signatures: written and checked."""
