-- +goose Up
-- Tasks, second form: quorum, comments, assignment, escalation, and the levels of autonomy of agents. Everything here is
-- added: a program of the version before writes tasks without the new columns, and they mean what they meant.

ALTER TABLE sga.policies ADD COLUMN approvals int NOT NULL DEFAULT 1 CHECK (approvals BETWEEN 1 AND 5);
UPDATE sga.policies SET approvals = 2 WHERE rule = 'baixa'; -- what leaves the books for ever takes two persons
UPDATE sga.catalog_version SET version = version + 1;       -- a running program reads the policy anew

ALTER TABLE sga.tasks
    ADD COLUMN approvals_needed int NOT NULL DEFAULT 1,
    ADD COLUMN value_unknown boolean NOT NULL DEFAULT false, -- something that it moves has no cost: value is a part of the whole, or null
    ADD COLUMN assigned_by uuid,
    ADD COLUMN assigned_at timestamptz,
    ADD COLUMN due_at timestamptz,                           -- null: two days after it was made
    ADD COLUMN escalation int NOT NULL DEFAULT 0,            -- how often it was raised
    ADD COLUMN escalated_at timestamptz;

-- Approvals so far. A vote is for one effect, which its fingerprint names: when the effect changes the vote is void, and
-- stays to be seen. One vote a person, not a login.
CREATE TABLE sga.task_votes (
    vote_id uuid PRIMARY KEY,
    task_id uuid NOT NULL REFERENCES sga.tasks,
    person_id uuid NOT NULL,
    fingerprint text NOT NULL,
    comment text NOT NULL DEFAULT '',
    voted_at timestamptz NOT NULL,
    voided_at timestamptz
);
CREATE UNIQUE INDEX task_votes_person ON sga.task_votes (task_id, person_id) WHERE voided_at IS NULL;
CREATE INDEX task_votes_task ON sga.task_votes (task_id, voted_at);

CREATE TABLE sga.task_comments (
    comment_id uuid PRIMARY KEY,
    task_id uuid NOT NULL REFERENCES sga.tasks,
    author_id uuid NOT NULL,
    author_kind sga.actor_kind NOT NULL,
    on_behalf_of text NOT NULL DEFAULT '',
    body text NOT NULL,
    evidence_ids uuid[] NOT NULL DEFAULT '{}',
    commented_at timestamptz NOT NULL
);
CREATE INDEX task_comments_task ON sga.task_comments (task_id, commented_at, comment_id);
CREATE TRIGGER task_comments_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.task_comments FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();

-- What happened to a task besides; sequence is that of the event which says so to others.
CREATE TABLE sga.task_history (
    sequence bigint PRIMARY KEY,
    task_id uuid NOT NULL REFERENCES sga.tasks,
    change text NOT NULL,                  -- the event's kind: task_assigned, task_escalated, task_voted, task_renewed, task_expired …
    actor_id uuid NOT NULL,
    actor_kind sga.actor_kind NOT NULL,
    changed_at timestamptz NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'     -- before and after, by field
);
CREATE INDEX task_history_task ON sga.task_history (task_id, sequence);
CREATE TRIGGER task_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.task_history FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();

-- How far an agent may go, by kind of work. Where there is no row the policy alone decides.
CREATE TABLE sga.autonomy_levels (
    client_id text NOT NULL,
    operation text NOT NULL,
    movement_type text NOT NULL DEFAULT '', -- empty: no movement of stock
    value_band text NOT NULL,
    project_code text NOT NULL DEFAULT '',  -- empty: of no project
    level sga.autonomy_level NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, operation, movement_type, value_band, project_code)
);
CREATE TABLE sga.autonomy_history (
    history_id uuid PRIMARY KEY,
    client_id text NOT NULL,
    operation text NOT NULL,
    movement_type text NOT NULL,
    value_band text NOT NULL,
    project_code text NOT NULL,
    from_level sga.autonomy_level,         -- null: the policy alone decided
    to_level sga.autonomy_level NOT NULL,
    cause text NOT NULL CHECK (cause IN ('set', 'bad_outcome')),
    reason text NOT NULL,
    changed_by uuid NOT NULL,              -- whose act it was: the admin, or the person whose decision was the bad outcome
    changed_at timestamptz NOT NULL,
    evidence jsonb NOT NULL                -- the figures it was decided by
);
CREATE INDEX autonomy_history_cell ON sga.autonomy_history (client_id, operation, movement_type, value_band, project_code, changed_at);
CREATE TRIGGER autonomy_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.autonomy_history FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();

-- What people made of an agent's work: the evidence for its level.
CREATE TABLE sga.autonomy_outcomes (
    outcome_id uuid PRIMARY KEY,
    client_id text NOT NULL,
    operation text NOT NULL,
    movement_type text NOT NULL,
    value_band text NOT NULL,
    project_code text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('agreed', 'disagreed', 'bad')),
    task_id uuid,
    movement_id uuid,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX autonomy_outcomes_cell ON sga.autonomy_outcomes (client_id, operation, movement_type, value_band, project_code, decided_at);
CREATE TRIGGER autonomy_outcomes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.autonomy_outcomes FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();

-- Which movements were an agent's, so that taking one back is counted against the work that it was.
CREATE TABLE sga.agent_movements (
    movement_id uuid PRIMARY KEY,
    client_id text NOT NULL,
    operation text NOT NULL,
    movement_type text NOT NULL,
    value_band text NOT NULL,
    project_code text NOT NULL
);
CREATE TRIGGER agent_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.agent_movements FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();

GRANT SELECT ON sga.task_votes, sga.task_comments, sga.task_history, sga.autonomy_levels, sga.autonomy_history, sga.autonomy_outcomes,
    sga.agent_movements TO nexo_reader, nexo_writer;
GRANT INSERT ON sga.task_votes, sga.task_comments, sga.task_history, sga.autonomy_history, sga.autonomy_outcomes, sga.agent_movements TO nexo_writer;
GRANT UPDATE (voided_at) ON sga.task_votes TO nexo_writer;
GRANT INSERT, UPDATE ON sga.autonomy_levels TO nexo_writer;
