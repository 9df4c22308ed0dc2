-- +goose Up
-- People and programs, the policy, the queue of tasks, counts, divergences, reconciliations and the audit.

-- Log rows hold person ids only; what names a person is in this table alone.
CREATE TABLE sga.people (
    person_id uuid PRIMARY KEY,
    display_name text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    all_projects boolean NOT NULL DEFAULT false,
    project_codes text[] NOT NULL DEFAULT '{}',
    all_locations boolean NOT NULL DEFAULT false,
    location_codes text[] NOT NULL DEFAULT '{}',  -- a place includes the places below it
    is_approver boolean NOT NULL DEFAULT false,
    approval_limit numeric(18,2),                 -- BRL; null is without limit
    approval_all_projects boolean NOT NULL DEFAULT false,
    approval_project_codes text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- A person may have several logins; approving compares persons.
CREATE TABLE sga.logins (
    subject text PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES sga.people,
    username text NOT NULL UNIQUE,
    password_hash text NOT NULL DEFAULT '',       -- local issuer only
    groups text[] NOT NULL DEFAULT '{}',          -- local issuer only; elsewhere the token says
    is_disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX logins_person ON sga.logins (person_id);
-- Programs that call without a person, and what they may do.
CREATE TABLE sga.clients (
    client_id text PRIMARY KEY,
    person_id uuid NOT NULL UNIQUE,               -- the actor id of its rows
    kind text NOT NULL CHECK (kind IN ('person', 'agent', 'service')),
    roles text[] NOT NULL DEFAULT '{}',           -- services only
    all_projects boolean NOT NULL DEFAULT false,
    project_codes text[] NOT NULL DEFAULT '{}',
    all_locations boolean NOT NULL DEFAULT false,
    location_codes text[] NOT NULL DEFAULT '{}'
);

-- The policy: the first matching row, by rank, decides. Empty columns match anything.
CREATE TABLE sga.policies (
    rule text PRIMARY KEY,
    rank int NOT NULL UNIQUE,
    movement_types text[] NOT NULL DEFAULT '{}',
    operations text[] NOT NULL DEFAULT '{}',
    actor_kinds text[] NOT NULL DEFAULT '{}',
    reason_codes text[] NOT NULL DEFAULT '{}',
    project_codes text[] NOT NULL DEFAULT '{}',
    location_codes text[] NOT NULL DEFAULT '{}',
    restricted boolean,
    closed_period boolean,
    master_data boolean,
    by_admin boolean,
    has_evidence boolean,
    has_ticket boolean,
    min_value numeric(18,2),
    min_quantity numeric(18,6),
    max_confidence numeric(5,4),                  -- matches below it, and only where a confidence was given
    min_confidence numeric(5,4),
    action text NOT NULL CHECK (action IN ('execute', 'mark', 'review', 'wait')),
    task_type sga.task_type,
    priority sga.priority NOT NULL DEFAULT 'MEDIUM',
    reason text NOT NULL,
    reason_en text NOT NULL,
    CHECK (action NOT IN ('review', 'wait') OR task_type IS NOT NULL)
);
CREATE TABLE sga.settings (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    closed_through date NOT NULL DEFAULT '2000-01-01'  -- business days up to here wait for a person
);
INSERT INTO sga.settings DEFAULT VALUES;

INSERT INTO sga.policies (rule, rank, movement_types, reason_codes, action, task_type, priority, reason, reason_en) VALUES
 ('baixa', 10, '{AJUSTE_NEGATIVO}', '{DESCARTE,EXTRAVIO,DANIFICADO}', 'wait', 'APPROVAL_DISPOSAL', 'HIGH',
  'Descarte e extravio sempre esperam aprovação.', 'Disposal and loss always wait for approval.'),
 ('ajuste', 20, '{AJUSTE_POSITIVO,AJUSTE_NEGATIVO}', '{}', 'wait', 'APPROVAL_ADJUSTMENT', 'HIGH',
  'Ajustes de estoque sempre esperam aprovação.', 'Stock adjustments always wait for approval.');
INSERT INTO sga.policies (rule, rank, movement_types, actor_kinds, action, reason, reason_en) VALUES
 ('vencimento', 5, '{LIBERACAO}', '{system}', 'execute', 'A reserva venceu.', 'The reservation expired.');
INSERT INTO sga.policies (rule, rank, movement_types, restricted, closed_period, min_value, action, task_type, priority, reason, reason_en) VALUES
 ('restrito-saida', 30, '{SAIDA,EXPEDICAO}', true, NULL, NULL, 'wait', 'APPROVAL_EXIT', 'HIGH',
  'O local é restrito.', 'The place is restricted.'),
 ('restrito-entrada', 31, '{ENTRADA,REVERSA}', true, NULL, NULL, 'wait', 'APPROVAL_ENTRY', 'HIGH',
  'O local é restrito.', 'The place is restricted.'),
 ('restrito', 32, '{TRANSFERENCIA,RESERVA,LIBERACAO}', true, NULL, NULL, 'wait', 'APPROVAL_TRANSFER', 'HIGH',
  'O local é restrito.', 'The place is restricted.'),
 ('periodo-saida', 40, '{SAIDA,EXPEDICAO}', NULL, true, NULL, 'wait', 'APPROVAL_EXIT', 'HIGH',
  'A data está em período fechado.', 'The date lies in a closed period.'),
 ('periodo-entrada', 41, '{ENTRADA,REVERSA}', NULL, true, NULL, 'wait', 'APPROVAL_ENTRY', 'HIGH',
  'A data está em período fechado.', 'The date lies in a closed period.'),
 ('periodo', 42, '{TRANSFERENCIA}', NULL, true, NULL, 'wait', 'APPROVAL_TRANSFER', 'HIGH',
  'A data está em período fechado.', 'The date lies in a closed period.'),
 ('valor-saida', 50, '{SAIDA,EXPEDICAO}', NULL, NULL, 50000, 'wait', 'APPROVAL_EXIT', 'HIGH',
  'O valor passa de R$ 50.000.', 'The value exceeds BRL 50,000.'),
 ('valor-entrada', 51, '{ENTRADA,REVERSA}', NULL, NULL, 50000, 'wait', 'APPROVAL_ENTRY', 'HIGH',
  'O valor passa de R$ 50.000.', 'The value exceeds BRL 50,000.'),
 ('valor-transferencia', 52, '{TRANSFERENCIA}', NULL, NULL, 200000, 'wait', 'APPROVAL_TRANSFER', 'HIGH',
  'O valor passa de R$ 200.000.', 'The value exceeds BRL 200,000.');
INSERT INTO sga.policies (rule, rank, movement_types, actor_kinds, has_evidence, has_ticket, min_confidence, action, task_type, reason, reason_en) VALUES
 ('agente-entrada', 60, '{ENTRADA}', '{agent}', true, NULL, 0.80, 'review', 'DOCUMENT_REVIEW',
  'Entrada por agente, com evidência e confiança de 0,80 ou mais: registrada e posta em revisão.', 'Entry by an agent with evidence and confidence of 0.80 or more: posted and queued for review.'),
 ('agente-entrada-espera', 61, '{ENTRADA}', '{agent}', NULL, NULL, NULL, 'wait', 'APPROVAL_ENTRY',
  'Entrada por agente sem evidência ou com confiança baixa.', 'Entry by an agent without evidence or with low confidence.'),
 ('agente-reserva', 62, '{RESERVA,LIBERACAO}', '{agent}', NULL, true, NULL, 'execute', NULL,
  'Reserva por chamado.', 'Reservation for a ticket.'),
 ('agente-transferencia', 63, '{TRANSFERENCIA}', '{agent}', true, NULL, NULL, 'execute', NULL,
  'Transferência no mesmo projeto, com evidência.', 'Transfer within the project, with evidence.'),
 ('agente-transferencia-espera', 64, '{TRANSFERENCIA,RESERVA,LIBERACAO}', '{agent}', NULL, NULL, NULL, 'wait', 'APPROVAL_TRANSFER',
  'Movimento por agente sem evidência nem chamado.', 'Movement by an agent without evidence or ticket.'),
 ('agente-saida', 65, '{SAIDA,EXPEDICAO,REVERSA}', '{agent}', NULL, NULL, NULL, 'wait', 'APPROVAL_EXIT',
  'Saída, expedição ou retorno por agente.', 'Exit, dispatch or return by an agent.'),
 ('pessoa-sem-evidencia', 90, '{ENTRADA,SAIDA,TRANSFERENCIA,RESERVA,EXPEDICAO,REVERSA}', '{}', false, NULL, NULL, 'mark', NULL,
  'Registrado sem evidência: marcado para revisão.', 'Posted without evidence: marked for review.'),
 ('movimento', 99, '{ENTRADA,SAIDA,TRANSFERENCIA,RESERVA,LIBERACAO,EXPEDICAO,REVERSA}', '{}', NULL, NULL, NULL, 'execute', NULL,
  'Movimento com evidência.', 'Movement with evidence.');
INSERT INTO sga.policies (rule, rank, operations, action, reason, reason_en) VALUES
 ('estado', 59, '{sga_change_asset_state}', 'execute', 'Mudança de estado, sem movimento de estoque.', 'Change of state, without a movement of stock.');
INSERT INTO sga.policies (rule, rank, master_data, by_admin, actor_kinds, action, task_type, reason, reason_en) VALUES
 ('cadastro-admin', 110, true, true, '{person}', 'execute', NULL, 'Cadastro por administrador.', 'Master data by an admin.'),
 ('cadastro', 120, true, NULL, '{}', 'wait', 'APPROVAL_NEW_PN', 'Cadastros de outros e de agentes esperam aprovação.', 'Master data by others and by agents waits for approval.'),
 ('resto', 1000, NULL, NULL, '{}', 'wait', 'ESCALATION', 'Nenhuma regra permite.', 'No rule allows it.');

CREATE TABLE sga.tasks (
    task_id uuid PRIMARY KEY,
    task_type sga.task_type NOT NULL,
    status sga.task_status NOT NULL DEFAULT 'PENDING',
    priority sga.priority NOT NULL,
    operation text NOT NULL,
    summary text NOT NULL,
    summary_en text NOT NULL,
    rule text NOT NULL,
    reason text NOT NULL,
    reason_en text NOT NULL,
    steps jsonb NOT NULL,                  -- the exact command; what is approved is what is executed
    effect jsonb NOT NULL,                 -- stock before and after, as last shown
    fingerprint text NOT NULL,
    value numeric(18,2),                   -- BRL; null when no cost is known
    confidence numeric(5,4),
    evidence_ids uuid[] NOT NULL DEFAULT '{}',
    project_codes text[] NOT NULL,         -- every project and place that it touches, for scope
    location_codes text[] NOT NULL,
    reference_id uuid,                     -- the movement under review, the count, the divergence
    proposed_by uuid NOT NULL,
    proposed_as jsonb NOT NULL,            -- kind, client, on behalf of, autonomy: who really asked
    assignee_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid CHECK (decided_by <> proposed_by),
    comment text NOT NULL DEFAULT '',
    result jsonb,
    CHECK (status NOT IN ('APPROVED', 'REJECTED') OR decided_by IS NOT NULL)
);
CREATE INDEX tasks_open ON sga.tasks (priority DESC, created_at, task_id) WHERE status IN ('PENDING', 'IN_PROGRESS');
CREATE INDEX tasks_recent ON sga.tasks (created_at DESC, task_id);

CREATE TABLE sga.counts (
    count_id uuid PRIMARY KEY,
    count_name text NOT NULL,
    count_type text NOT NULL CHECK (count_type IN ('FULL', 'CYCLIC', 'SPOT')),
    status text NOT NULL CHECK (status IN ('OPEN', 'CLOSED', 'CANCELLED')),
    location_key int NOT NULL REFERENCES sga.locations,
    project_key int REFERENCES sga.projects,      -- null: every project at the place
    is_blind boolean NOT NULL DEFAULT true,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_by uuid,
    closed_at timestamptz
);
-- What was expected is read when the count closes; what was counted is a fact and is only ever added.
CREATE TABLE sga.count_results (
    result_id uuid PRIMARY KEY,
    count_id uuid NOT NULL REFERENCES sga.counts,
    part_number_key int NOT NULL REFERENCES sga.part_numbers,
    project_key int NOT NULL REFERENCES sga.projects,
    condition sga.condition NOT NULL,
    counted_quantity numeric(18,6) NOT NULL CHECK (counted_quantity >= 0),
    serial_keys text[] NOT NULL DEFAULT '{}',
    round int NOT NULL DEFAULT 1,                 -- a recount is a new round; the last round counts
    counted_by uuid NOT NULL,
    counted_at timestamptz NOT NULL,
    notes text NOT NULL DEFAULT '',
    UNIQUE (count_id, part_number_key, project_key, condition, round)
);
CREATE TABLE sga.divergences (
    divergence_id uuid PRIMARY KEY,
    divergence_type text NOT NULL CHECK (divergence_type IN ('COUNT', 'RECONCILIATION', 'SYSTEM')),
    part_number_key int NOT NULL REFERENCES sga.part_numbers,
    location_key int NOT NULL REFERENCES sga.locations,
    project_key int NOT NULL REFERENCES sga.projects,
    condition sga.condition NOT NULL,
    expected_quantity numeric(18,6) NOT NULL,
    actual_quantity numeric(18,6) NOT NULL,
    variance numeric(18,6) GENERATED ALWAYS AS (actual_quantity - expected_quantity) STORED,
    serials_missing text[] NOT NULL DEFAULT '{}',
    serials_unexpected text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'INVESTIGATING', 'RESOLVED', 'CLOSED')),
    count_id uuid REFERENCES sga.counts,
    reconciliation_id uuid,
    task_id uuid REFERENCES sga.tasks,            -- the adjustment proposed for it
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (count_id, part_number_key, project_key, condition)
);
CREATE INDEX divergences_recent ON sga.divergences (created_at DESC, divergence_id);

CREATE TABLE sga.reconciliations (
    reconciliation_id uuid PRIMARY KEY,
    source_name text NOT NULL,
    compared_by text[] NOT NULL,
    project_codes text[],                         -- what the caller could see of our side; null is all
    location_codes text[],
    theirs_rows bigint NOT NULL,
    matched bigint NOT NULL,
    different bigint NOT NULL,
    only_theirs bigint NOT NULL,
    only_ours bigint NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE sga.reconciliation_rows (
    reconciliation_id uuid NOT NULL REFERENCES sga.reconciliations,
    row_number bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('matched', 'different', 'only_theirs', 'only_ours')),
    part_number text NOT NULL,
    location text NOT NULL,
    project text NOT NULL,
    theirs numeric,
    ours numeric,
    PRIMARY KEY (reconciliation_id, row_number)
);

-- The audit: an effect and its row are one transaction; reads and refusals follow within a second.
CREATE TABLE sga.audit_log (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    actor_id uuid,
    actor_kind text NOT NULL,
    subject text NOT NULL,
    on_behalf_of text NOT NULL DEFAULT '',
    client_id text NOT NULL,
    door text NOT NULL,
    session text NOT NULL DEFAULT '',
    operation text NOT NULL,
    result text NOT NULL,                         -- ok, pending_approval, or the code of the refusal
    rule text NOT NULL DEFAULT '',
    sequence bigint,                              -- the first event of the effect
    entity_id uuid,
    arguments json,                               -- json and not jsonb: written by every call, read by few
    change json                                  -- before and after
);
CREATE INDEX audit_log_actor ON sga.audit_log (actor_id, audit_id);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.audit_log FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();
