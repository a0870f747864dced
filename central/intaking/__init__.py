"""How central takes what devices send: messages are read, placed in their journals, and answered after the commit.

reading -> placing, lineage, sealing (of journals), hearing (of devices' words) -> answers; `collector` joins them.
"""
