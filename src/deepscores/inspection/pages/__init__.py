"""One page kit: HTML documents, tables and drawings."""
