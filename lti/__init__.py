"""Platform I/O: LTI 1.3 and the web services of Moodle and Canvas."""
