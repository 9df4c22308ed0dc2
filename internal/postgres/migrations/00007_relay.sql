-- +goose Up
-- The relay: who leads, how far each consumer has come, and what could not be delivered.

-- One row a group of processes. The term grows with every change of leader; a leader whose term is over can no longer
-- move a cursor. There are no session locks: behind a proxy a session is nobody's.
CREATE TABLE sga.relay_leases (
    lease text PRIMARY KEY,
    holder text NOT NULL,
    term bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE sga.relay_cursors (
    consumer text PRIMARY KEY CHECK (length(consumer) BETWEEN 1 AND 200),
    source text NOT NULL,                  -- the log that it follows: events, or another by its name
    position bigint NOT NULL DEFAULT 0,    -- everything up to here is delivered, or a dead letter
    known_at timestamptz,                  -- of the last one of those
    term bigint NOT NULL DEFAULT 0,        -- of the leader that may move it
    delivered bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,       -- that failed in a row
    first_failed_at timestamptz,           -- of those
    next_at timestamptz,                   -- not to be tried before
    error_code text NOT NULL DEFAULT '',
    error_message text NOT NULL DEFAULT '',
    error_message_en text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);                  -- room for updates on the same page: every batch is one

CREATE TABLE sga.dead_letters (
    dead_letter_id uuid PRIMARY KEY,
    consumer text NOT NULL,
    position bigint NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    entity_id uuid NOT NULL,
    error_code text NOT NULL,
    error_message text NOT NULL,
    error_message_en text NOT NULL,
    attempts int NOT NULL,
    first_failed_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'RETRIED', 'DISCARDED')),
    closed_by uuid,
    closed_at timestamptz,
    reason text NOT NULL DEFAULT '',
    UNIQUE (consumer, position),
    CHECK ((status = 'OPEN') = (closed_at IS NULL))
);
CREATE INDEX dead_letters_open ON sga.dead_letters (consumer) WHERE status = 'OPEN';

GRANT SELECT ON sga.relay_leases, sga.relay_cursors, sga.dead_letters TO nexo_writer, nexo_reader;
GRANT INSERT, UPDATE ON sga.relay_leases, sga.dead_letters TO nexo_writer;
GRANT INSERT, UPDATE, DELETE ON sga.relay_cursors TO nexo_writer;

-- Projections are written "only if newer", so everything that changes must count its changes. Balances, assets and master
-- data do; these did not. A column with a constant default rewrites no table.
ALTER TABLE sga.assets ADD COLUMN facts_version int NOT NULL DEFAULT 0;      -- edits of what is known, beside version, which counts its events
ALTER TABLE sga.tasks ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE sga.divergences ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- Counted by the database: a program of the version before, which does not know the column, must count as well.
-- +goose StatementBegin
CREATE FUNCTION sga.count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tasks_count_change BEFORE UPDATE ON sga.tasks FOR EACH ROW EXECUTE FUNCTION sga.count_change();
CREATE TRIGGER divergences_count_change BEFORE UPDATE ON sga.divergences FOR EACH ROW EXECUTE FUNCTION sga.count_change();
