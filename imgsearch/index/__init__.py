"""The index folder: what pictures it knows, their vectors, and the search among them.

catalogue.sqlite is the source of truth: a row of vectors.f32 exists once its slot is committed there, and it names the
files that count. projected.f32 and graph.hnsw are derived.
"""

from imgsearch.index.discover import find_index, index_to_write
from imgsearch.index.files import ModelChangedError
from imgsearch.index.planner import Plan
from imgsearch.index.record import Record
from imgsearch.index.search import Match
from imgsearch.index.store import Index

__all__ = ["Index", "Match", "ModelChangedError", "Plan", "Record", "find_index", "index_to_write"]
