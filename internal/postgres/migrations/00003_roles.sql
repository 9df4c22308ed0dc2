-- +goose Up
-- Least privilege: the program writes as nexo_writer and reads as nexo_reader; only migrations run as the owner.
-- Roles belong to the whole cluster, so another database may have made them already.

-- +goose StatementBegin
DO $$
BEGIN
    BEGIN CREATE ROLE nexo_writer LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    BEGIN CREATE ROLE nexo_reader LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    BEGIN CREATE ROLE nexo_search LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    BEGIN
        GRANT nexo_reader TO nexo_search;
    EXCEPTION WHEN OTHERS THEN NULL; -- another database is granting the same
    END;
    BEGIN
        EXECUTE format('GRANT nexo_writer, nexo_reader, nexo_search TO %I', current_user);
    EXCEPTION WHEN OTHERS THEN NULL; -- a superuser needs no membership, and concurrent grants of the same row collide
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO nexo_writer, nexo_reader, nexo_search', current_database());
END $$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA sga TO nexo_writer, nexo_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA sga TO nexo_writer, nexo_reader;
REVOKE SELECT ON sga.logins FROM nexo_reader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA sga TO nexo_writer;

GRANT INSERT ON sga.movements, sga.movement_ids, sga.movement_reversals, sga.asset_events, sga.event_log, sga.audit_log TO nexo_writer;
GRANT INSERT, UPDATE ON sga.projects, sga.locations, sga.part_numbers, sga.balances, sga.assets, sga.reservations,
    sga.tasks, sga.counts, sga.divergences, sga.catalog_version, sga.people, sga.logins, sga.clients TO nexo_writer; -- policies and settings are the owner's alone
GRANT INSERT ON sga.count_results, sga.reconciliations, sga.reconciliation_rows TO nexo_writer;
GRANT INSERT, UPDATE, DELETE ON sga.idempotency_keys, sga.outbox TO nexo_writer;

-- Set on the role and not by SET, which would pin a session of RDS Proxy.
-- +goose StatementBegin
DO $$
BEGIN
    -- A random page costs little more than the next one where what is read often fits in memory.
    ALTER ROLE nexo_reader SET default_transaction_read_only = on;
    ALTER ROLE nexo_reader SET statement_timeout = '10s';
    ALTER ROLE nexo_reader SET idle_in_transaction_session_timeout = '30s';
    ALTER ROLE nexo_reader SET random_page_cost = 1.1;
    ALTER ROLE nexo_reader SET max_parallel_workers_per_gather = 0;
    ALTER ROLE nexo_reader SET jit = off;
    -- The statements of a search are written so that one plan is right for any words; planning each anew took longer than running it.
    ALTER ROLE nexo_search SET default_transaction_read_only = on;
    ALTER ROLE nexo_search SET statement_timeout = '10s';
    ALTER ROLE nexo_search SET idle_in_transaction_session_timeout = '30s';
    ALTER ROLE nexo_search SET random_page_cost = 1.1;
    ALTER ROLE nexo_search SET max_parallel_workers_per_gather = 0;
    ALTER ROLE nexo_search SET jit = off;
    ALTER ROLE nexo_search SET plan_cache_mode = 'force_generic_plan';
    ALTER ROLE nexo_search SET enable_seqscan = off; -- a plan made while the tables were small must not scan them later
    ALTER ROLE nexo_search SET enable_hashjoin = off;
    ALTER ROLE nexo_search SET enable_mergejoin = off;
    -- The writer looks rows up by key, a few at a time, in statements over arrays. Planning those anew for every call
    -- costs several times what running them does, and a plan made while the tables were small must not scan them later.
    ALTER ROLE nexo_writer SET statement_timeout = '30s';
    ALTER ROLE nexo_writer SET lock_timeout = '5s';
    ALTER ROLE nexo_writer SET idle_in_transaction_session_timeout = '15s';
    ALTER ROLE nexo_writer SET plan_cache_mode = 'force_generic_plan';
    ALTER ROLE nexo_writer SET enable_seqscan = off;
    ALTER ROLE nexo_writer SET enable_hashjoin = off;
    ALTER ROLE nexo_writer SET enable_mergejoin = off;
    ALTER ROLE nexo_writer SET jit = off;
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE <> 'XX000' THEN RAISE; END IF; -- "tuple concurrently updated": another database is setting the same
END $$;
-- +goose StatementEnd
