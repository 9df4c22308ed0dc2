-- +goose Up
-- How much of a rate limit all processes together have leased in a window (package limit). Unlogged: a count that is
-- lost with a crash lets a window start anew, and a lease must not wait for the log's disk.
CREATE UNLOGGED TABLE sga.rate_limits (
    kind text NOT NULL,
    limit_key text NOT NULL,
    window_start timestamptz NOT NULL,
    taken bigint NOT NULL,
    PRIMARY KEY (kind, limit_key, window_start)
) WITH (fillfactor = 50);                  -- room for updates on the same page
CREATE INDEX rate_limits_window ON sga.rate_limits (window_start);

GRANT SELECT, INSERT, UPDATE, DELETE ON sga.rate_limits TO nexo_writer;
