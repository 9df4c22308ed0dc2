-- +goose Up
-- Positions follow commits, sequences do not. is_late marks an event whose sequence is below that of an earlier
-- position; what was known at a cut is then every sequence up to the last event in order, less the few late ones that
-- came after the cut, and a question about the past needs no look at event_log for each movement.
ALTER TABLE sga.event_log ADD COLUMN is_late boolean NOT NULL DEFAULT false;
CREATE INDEX event_log_late ON sga.event_log (position) INCLUDE (sequence) WHERE is_late;

-- Sums over the log of one part fit into 16 MB and are over before a compiler has started.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER ROLE nexo_reader SET jit = off;
    ALTER ROLE nexo_reader SET work_mem = '16MB';
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE <> 'XX000' THEN RAISE; END IF; -- "tuple concurrently updated": another database is setting the same
END $$;
-- +goose StatementEnd
