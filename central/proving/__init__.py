"""The record proved from its own bytes: chains, seals, parents, columns, the audit log. Reads, and changes nothing."""
