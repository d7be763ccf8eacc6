-- The catalogue of the read models. Their tables are made at run time by the application's role: a model's shape
-- belongs to the code that folds it, and a new version is built beside the old one while that one serves.

CREATE TABLE rm.models (
  projection text COLLATE "C" NOT NULL,
  version    integer NOT NULL,
  -- A rebuild of the same version is its next generation. Numbers of dropped ones are not used again.
  generation integer NOT NULL,
  -- Without the schema, which is rm.
  table_name text COLLATE "C" NOT NULL UNIQUE,
  state      text NOT NULL CHECK (state IN ('building', 'live', 'retired', 'dropped')),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  live_at    timestamptz(3),
  PRIMARY KEY (projection, version, generation)
);
-- One generation of a version serves, and at most one is on its way.
CREATE UNIQUE INDEX models_live ON rm.models (projection, version) WHERE state = 'live';
CREATE UNIQUE INDEX models_building ON rm.models (projection, version) WHERE state = 'building';

-- How far a table has come. Locking this row is the right to write the table: the fence between processes.
-- There is room on the page for the versions of a row that is updated for ever.
CREATE TABLE rm.checkpoints (
  table_name text COLLATE "C" PRIMARY KEY,
  -- Every event of the log up to here is in the table, but for those that rm.parked names.
  position   bigint NOT NULL DEFAULT 0,
  -- How many rows of rm.parked speak of this table.
  parked     integer NOT NULL DEFAULT 0,
  -- An event is missing that no retry can put back, only a rebuild.
  inexact    boolean NOT NULL DEFAULT false,
  -- Rises when rows change without the position moving.
  revision   bigint NOT NULL DEFAULT 0,
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);

-- Events that a model could not take. Of a model whose rows come from one stream each, the first such event of a
-- stream: that stream waits from there on. Of any other, each of them.
CREATE TABLE rm.parked (
  table_name text COLLATE "C" NOT NULL,
  position   bigint NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  stream     text COLLATE "C" NOT NULL,
  version    integer NOT NULL,
  event_id   text COLLATE "C" NOT NULL,
  type       text COLLATE "C" NOT NULL,
  -- The row that the event would have changed, where that much could be told.
  key        text COLLATE "C",
  cause      text NOT NULL,
  parked_at  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (table_name, position)
);
CREATE INDEX parked_streams ON rm.parked (table_name, stream);

-- Which processes run, and which model versions they need: a version that nobody has named for half a minute may go.
CREATE TABLE ops.heartbeats (
  process_id text COLLATE "C" PRIMARY KEY,
  role       text NOT NULL,
  started_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  at         timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Both by projection: its version, and how many positions it is behind.
  versions   jsonb NOT NULL,
  lag        jsonb NOT NULL
);
