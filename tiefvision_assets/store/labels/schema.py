"""The tables of the label database: events, which are only ever appended; leases, attempts and proposals, marks, saved
searches and decisions about duplicates, and what teams share, which come and go; what searchers clicked, whose
oldest rows go when there are too many; and what the API wrote, of data folders in object storage.

A change here comes with a revision in ``migrations``.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

Kind = Literal["box", "triplet"]
Capacity = Literal["annotator", "reviewer"]
Source = Literal["app", "import", "demo", "gold"]
"""gold: an annotator's answer to a question whose answer is known; it is no label, and nothing learns from it."""
Action = Literal["label", "absent", "tie", "skip", "undo"]
"""label: a box or triplet; absent: the photo shows no object; tie: both are equally close to the reference; skip: the
annotator does not decide; undo: the event in ``reverts`` does not count any more."""
Method = Literal["accepted", "adjusted", "drawn", "extreme"]
"""How a box was made: the model's unchanged, the model's moved, drawn by dragging, or by four extreme clicks."""
Way = Literal["grid", "quick"]
"""How a triplet was chosen: among many photos, or by a question about two. Triplets of before have none: the grid's."""

METADATA = MetaData()
EVENTS = Table(
    "label_event",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String, nullable=False, comment="box | triplet"),
    Column("sha256", String, nullable=False, comment="the photo, or the triplet's reference"),
    Column("payload", JSON(none_as_null=True), comment="coordinates, or the three photos; none where there are none"),
    Column("action", String, nullable=False, comment="label | absent | tie | skip | undo"),
    Column("annotator", String, nullable=False),
    Column("role", String, nullable=False, comment="annotator | reviewer"),
    Column("source", String, nullable=False, comment="app | import | demo | gold"),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("seconds", Float, comment="time that the label took"),
    Column("reverts", ForeignKey("label_event.id"), unique=True, comment="the event that an undo reverts"),
    Column("commit_id", String, comment="made by the browser: a commit that is sent again is written once"),
    Column("method", String, comment="accepted | adjusted | drawn | extreme"),
    Column("session", String, comment="the labelling session in which it was decided, whose undo takes it back"),
    Index("label_event_content", "kind", "sha256"),
    Index("label_event_annotator", "kind", "annotator"),
    Index("label_event_commit", "commit_id", unique=True),
)
LEASES = Table(
    "label_lease",
    METADATA,
    Column("kind", String, primary_key=True, comment="box | triplet"),
    Column("sha256", String, primary_key=True, comment="the photo that is shown to the annotator"),
    Column("annotator", String, primary_key=True),
    Column("session", String, nullable=False, comment="the browser tab that shows it"),
    Column("place", Integer, nullable=False, comment="0 is shown, 1 comes next"),
    Column("expires", Float, nullable=False, comment="seconds since 1970, UTC"),
)
DATABASE = Table(
    "label_database",
    METADATA,
    Column("id", String, primary_key=True, comment="made once: browsers tell by it for which database a commit is"),
)
ATTEMPTS = Table(
    "failed_attempt",
    METADATA,
    Column("folder", String, primary_key=True, comment="the data folder"),
    Column("step", String, primary_key=True, comment="names of the step's assets, joined by commas"),
    Column("batch", String, primary_key=True, comment="empty for a step without batches"),
    Column("inputs", String, nullable=False, comment="fingerprint of the inputs on which it failed"),
    Column("times", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("failed_at", DateTime(timezone=True), nullable=False, comment="the last time, UTC"),
)
PROPOSALS = Table(
    "label_proposal",
    METADATA,
    Column("sha256", String, primary_key=True, comment="the photo"),
    Column("payload", JSON, nullable=False, comment="coordinates of the box"),
    Column("score", Float, comment="the model's confidence, 0 to 1"),
    Column("model", String, nullable=False, comment="the model's version; empty where it is not known"),
    Column("source", String, nullable=False, comment="name of the file that it comes from"),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="UTC"),
)
MARKS = Table(
    "photo_mark",
    METADATA,
    Column("sha256", String, primary_key=True, comment="the photo"),
    Column("kind", String, primary_key=True, comment="star | tag | note"),
    Column("name", String, primary_key=True, comment="the tag; empty for stars and notes"),
    Column("owner", String, primary_key=True, comment="whose star it is; empty for tags and notes, which all share"),
    Column("text", String, nullable=False, comment="the note; empty for stars and tags"),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
)
SAVED_SEARCHES = Table(
    "saved_search",
    METADATA,
    Column("id", String, primary_key=True),
    Column("person", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False, comment="path and query of the page that shows it"),
    Column("seen", String, nullable=False, comment="newest batch of photos when the person looked at it last"),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
)
DUPLICATES = Table(
    "duplicate_decision",
    METADATA,
    Column("sha256", String, primary_key=True, comment="the photo"),
    Column("kept", String, nullable=False, comment="the photo that is kept in its place; itself where it is kept"),
    Column("path", String, nullable=False, comment="of several copies of a kept photo the one shown; empty for all"),
    Column("rule", String, nullable=False, comment="the rule that decided; empty for a person"),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, index=True, comment="UTC"),
)
DISTINCT_PHOTOS = Table(
    "distinct_photos",
    METADATA,
    Column("first", String, primary_key=True, comment="the smaller sha256 of two photos that are not the same shot"),
    Column("second", String, primary_key=True),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, index=True, comment="UTC"),
)
DUPLICATE_RULE = Table(
    "duplicate_rule",
    METADATA,
    Column("id", String, primary_key=True, comment="there is one rule at most"),
    Column("keep", String, nullable=False, comment="pixels | bytes | earliest"),
    Column("known", JSON, nullable=False, comment="photos left to people, by sha256, with the number of their copies"),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("newest_batch", String, comment="the newest batch of photos left to people; null for none"),
)
GOLD = Table(
    "gold_question",
    METADATA,
    Column("kind", String, primary_key=True, comment="box | triplet"),
    Column("sha256", String, primary_key=True, comment="the photo, or the triplet's reference"),
    Column("payload", JSON(none_as_null=True), comment="the known answer; none where there is no object"),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
)
COMMENTS = Table(
    "photo_comment",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sha256", String, nullable=False, index=True, comment="the photo"),
    Column("text", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("commit_id", String, unique=True, comment="made by the page: what is sent again is written once"),
)
GOALS = Table(
    "label_goal",
    METADATA,
    Column("person", String, primary_key=True),
    Column("kind", String, primary_key=True, comment="box | triplet"),
    Column("decisions", Integer, nullable=False, comment="a day"),
)
QUEUES = Table(
    "label_queue",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False, comment="box | triplet"),
    Column("name", String, nullable=False),
    Column("tag", String, nullable=False, comment="its photos are those with this tag"),
    Column("people", JSON, nullable=False, comment="whose it is alone; empty where all share it"),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
)
REVIEWS_SEEN = Table(
    "review_seen",
    METADATA,
    Column("person", String, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="what was decided before it was seen, UTC"),
)
CHANGES = Table(
    "written_change",
    METADATA,
    Column("folder", String, primary_key=True, comment="the data folder"),
    Column("journal", String, primary_key=True, comment="products | photos | untold_products | unscanned"),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 1, in the order of the changes"),
    Column("generation", String, nullable=False, comment="another one whenever the journal was begun anew"),
    Column("change", JSON, nullable=False, comment="values that were set, and names that were removed"),
)
ANSWERS = Table(
    "written_answer",
    METADATA,
    Column("folder", String, primary_key=True, comment="the data folder"),
    Column("request", String, primary_key=True, comment="hash of the sender and of their key"),
    Column("content", String, nullable=False, comment="hash of what the request asks for"),
    Column("answer", JSON, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False, index=True, comment="UTC"),
)
FEEDBACK = Table(
    "feedback_event",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("given_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("session", String, nullable=False, comment="keyed hash of the session's key, which is not kept"),
    Column("search", String, nullable=False, comment="the answer that was shown"),
    Column("query", String, nullable=False, comment="sha256 of the photo; empty for one that is not the catalogue's"),
    Column("shown", JSON, nullable=False, comment="sha256 of the hits, best first, down to the last one acted on"),
    Column("acts", JSON, nullable=False, comment="of each hit: clicked | bought | not this; empty for nothing"),
    Column("first", String, nullable=False, comment="the first of two rankings that were interleaved; empty for none"),
    Column("second", String, nullable=False, comment="the second of them"),
    Column("teams", String, nullable=False, comment="of each hit the ranking that gave it: 1 or 2"),
    Column("digest", String, nullable=False, comment="of all that was sent: the same again is written once"),
    Index("feedback_event_rankings", "first", "second"),
    Index("feedback_event_digest", "digest", unique=True),
)
