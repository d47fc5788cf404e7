"""Why a friend is not linked, or not reached: facts in, steps in words out."""
