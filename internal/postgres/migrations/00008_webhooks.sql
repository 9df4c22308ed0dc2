-- +goose Up
-- Webhooks: who outside is told of events. Their places in the log, failures and dead letters are the relay's
-- (sga.relay_cursors, sga.dead_letters), under the name webhook:<id>.
CREATE TABLE sga.webhooks (
    webhook_id uuid PRIMARY KEY,
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    description text NOT NULL DEFAULT '',
    event_kinds text[] NOT NULL DEFAULT '{}',     -- or their first words; empty: all
    all_projects boolean NOT NULL,                -- what its creator saw, or a part of it
    project_codes text[] NOT NULL DEFAULT '{}',
    all_locations boolean NOT NULL,
    location_codes text[] NOT NULL DEFAULT '{}',
    secret bytea NOT NULL,                        -- sealed with the installation's master key
    old_secret bytea,                             -- signs as well, until then
    old_secret_until timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    paused_at timestamptz,
    pause_reason text NOT NULL DEFAULT '',
    created_by uuid NOT NULL,
    created_subject text NOT NULL,                -- whose rights are looked up at each delivery
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    healthy_at timestamptz NOT NULL,              -- of the last success or resumption: dead letters since then are in a row
    from_position bigint NOT NULL,                -- behind which it began
    CHECK (is_active = (paused_at IS NULL)),
    CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
);

-- The last fifty messages of each.
CREATE TABLE sga.webhook_attempts (
    attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES sga.webhooks ON DELETE CASCADE,
    sent_at timestamptz NOT NULL,
    message_id text NOT NULL,
    kind text NOT NULL,
    position bigint NOT NULL,                     -- 0: a ping
    status int NOT NULL,                          -- of HTTP; 0: no answer
    took_ms int NOT NULL,
    error text NOT NULL DEFAULT ''
);
CREATE INDEX webhook_attempts_of ON sga.webhook_attempts (webhook_id, attempt_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON sga.webhooks TO nexo_writer;
GRANT SELECT, INSERT, DELETE ON sga.webhook_attempts TO nexo_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA sga TO nexo_writer;
-- Whoever reads sees no secrets, not even sealed ones.
GRANT SELECT (webhook_id, url, description, event_kinds, all_projects, project_codes, all_locations, location_codes, old_secret_until, is_active,
    paused_at, pause_reason, created_by, created_subject, created_at, updated_at, healthy_at, from_position) ON sga.webhooks TO nexo_reader;
GRANT SELECT ON sga.webhook_attempts TO nexo_reader;
