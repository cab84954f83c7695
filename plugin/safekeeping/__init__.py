"""Backup, restore, and what happens in between: no identifier handed out twice, no sealed credential forgotten.

``backing_up`` writes a backup while the bridge runs, ``restoring`` brings it back into an empty place, and
``reconciling`` makes a restored database know what is out in the world before anything new is done with it.
"""
