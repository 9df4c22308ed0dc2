-- +goose Up
-- Positions follow commits, sequences do not. is_late marks an event whose sequence is below that of an earlier
-- position; what was known at a cut is then every sequence up to the last event in order, less the few late ones that
-- came after the cut, and a question about the past needs no look at event_log for each movement.
ALTER TABLE sga.event_log ADD COLUMN is_late boolean NOT NULL DEFAULT false;
CREATE INDEX event_log_late ON sga.event_log (position) INCLUDE (sequence) WHERE is_late;
