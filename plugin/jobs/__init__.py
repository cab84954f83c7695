"""Thin Celery tasks. Rows are the truth, the queue is only a bell: a lost or doubled message changes nothing."""
