-- +goose Up
-- Seals: see package seal. Blocks are added behind each other and never change; what was signed lies in the object store
-- and is noted here, so that a checkpoint which is missing there is missed.
CREATE TABLE sga.seal_blocks (
    chain text NOT NULL CHECK (chain IN ('events', 'audit')),
    number bigint NOT NULL CHECK (number > 0),
    format int NOT NULL,
    first_id bigint NOT NULL,              -- position of an event, audit_id of a call
    last_id bigint NOT NULL CHECK (last_id >= first_id),
    row_count int NOT NULL CHECK (row_count > 0),
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    root_hash bytea NOT NULL CHECK (length(root_hash) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    sealed_at timestamptz NOT NULL,
    leaves bytea NOT NULL,                 -- eight bytes a row
    PRIMARY KEY (chain, number)
);
ALTER TABLE sga.seal_blocks ALTER leaves SET STORAGE EXTERNAL; -- hashes do not get smaller
CREATE TABLE sga.seal_checkpoints (
    chain text NOT NULL,
    number bigint NOT NULL,                -- of the block
    object_key text NOT NULL,
    key_id text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (chain, number, object_key)
);
CREATE TRIGGER seal_blocks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.seal_blocks FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();
CREATE TRIGGER seal_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.seal_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();
GRANT SELECT ON sga.seal_blocks, sga.seal_checkpoints TO nexo_writer, nexo_reader;
GRANT INSERT ON sga.seal_blocks, sga.seal_checkpoints TO nexo_writer;

-- What names a person, encrypted with a key of that person's own, which is encrypted with a master key that no database
-- has. Destroying the row of the key erases the person from every copy. The program of the version before goes on using
-- people.display_name: it is emptied person by person when this version has started, from when on the old program shows
-- the pseudonym that stands there instead; what it writes there is encrypted at the next start or change.
ALTER TABLE sga.people ADD COLUMN sealed bytea, ADD COLUMN erased_at timestamptz;
CREATE TABLE sga.person_keys (
    person_id uuid PRIMARY KEY REFERENCES sga.people,
    wrapped_key bytea NOT NULL,
    master_key_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, DELETE ON sga.person_keys TO nexo_writer; -- not the reader: without the writer's role there is nothing to open
