-- +goose Up
-- The keyed tables of local mode: what DynamoDB keeps on AWS, all five in one table. Nothing in it shares a transaction
-- with the ledger and nothing is decided from it; it can be dropped and filled again from the log, sessions excepted.
-- Keys compare byte by byte, as DynamoDB's do. expires_at is in seconds since 1970, and a row whose time has come does not
-- exist for any reader, whenever it is deleted. body is json and not jsonb: it is given back byte for byte.
CREATE SCHEMA keyed;
CREATE TABLE keyed.items (
    table_id text COLLATE "C" NOT NULL,
    pk text COLLATE "C" NOT NULL,
    sk text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    expires_at bigint,
    body json NOT NULL,
    gsi1pk text COLLATE "C", gsi1sk text COLLATE "C",
    gsi2pk text COLLATE "C", gsi2sk text COLLATE "C",
    gsi3pk text COLLATE "C", gsi3sk text COLLATE "C",
    gsi4pk text COLLATE "C", gsi4sk text COLLATE "C",
    gsi5pk text COLLATE "C", gsi5sk text COLLATE "C",
    gsi6pk text COLLATE "C", gsi6sk text COLLATE "C",
    PRIMARY KEY (table_id, pk, sk)
) WITH (fillfactor = 85);
-- Items with the same place in an index follow each other by their own keys, so that a page can end between them.
CREATE INDEX items_gsi1 ON keyed.items (table_id, gsi1pk, gsi1sk, pk, sk) WHERE gsi1pk IS NOT NULL;
CREATE INDEX items_gsi2 ON keyed.items (table_id, gsi2pk, gsi2sk, pk, sk) WHERE gsi2pk IS NOT NULL;
CREATE INDEX items_gsi3 ON keyed.items (table_id, gsi3pk, gsi3sk, pk, sk) WHERE gsi3pk IS NOT NULL;
CREATE INDEX items_gsi4 ON keyed.items (table_id, gsi4pk, gsi4sk, pk, sk) WHERE gsi4pk IS NOT NULL;
CREATE INDEX items_gsi5 ON keyed.items (table_id, gsi5pk, gsi5sk, pk, sk) WHERE gsi5pk IS NOT NULL;
CREATE INDEX items_gsi6 ON keyed.items (table_id, gsi6pk, gsi6sk, pk, sk) WHERE gsi6pk IS NOT NULL;
CREATE INDEX items_expiry ON keyed.items (expires_at) WHERE expires_at IS NOT NULL;

-- Sessions are in it: only the program itself may read it.
GRANT USAGE ON SCHEMA keyed TO nexo_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON keyed.items TO nexo_writer;
