"""Tests of `imgsearch.workflows.evaluation`."""
