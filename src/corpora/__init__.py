"""Commands of a checkout, as ``src`` says."""
