-- Data keys live in a database of their own, so that no backup holds events and the keys to them.

CREATE TABLE keys (
  key_id text PRIMARY KEY,
  tenant_id text NOT NULL,
  subject_id text NOT NULL,
  -- The stream whose values the key seals.
  scope text NOT NULL,
  -- AES-256-GCM under the key-encryption key, the key id as associated data: iv, ciphertext, tag.
  wrapped bytea,
  state text NOT NULL DEFAULT 'active',
  -- What a destroyed key's values read as from then on.
  certificate_id text,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK (
    (state = 'active' AND wrapped IS NOT NULL AND certificate_id IS NULL)
    OR (state = 'destroyed' AND wrapped IS NULL AND certificate_id IS NOT NULL)
  )
);

CREATE UNIQUE INDEX keys_active ON keys (tenant_id, subject_id, scope) WHERE state = 'active';
CREATE INDEX keys_of_subject ON keys (tenant_id, subject_id, scope);

-- Moves whenever keys were destroyed; every process polls it and then forgets the keys it holds.
CREATE TABLE epoch (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  value bigint NOT NULL
);
INSERT INTO epoch (value) VALUES (0);

-- A trigger, so that no way of destroying a key can leave it usable in some process's memory.
CREATE FUNCTION move_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE epoch SET value = value + 1;
  RETURN NULL;
END $$;

CREATE FUNCTION move_epoch_if_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM after WHERE state = 'destroyed') THEN
    UPDATE epoch SET value = value + 1;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER keys_updated AFTER UPDATE ON keys REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION move_epoch_if_destroyed();
CREATE TRIGGER keys_removed AFTER DELETE OR TRUNCATE ON keys
  FOR EACH STATEMENT EXECUTE FUNCTION move_epoch();

-- A digest of the key-encryption key that wrapped the keys here; another one refuses to start.
CREATE TABLE kek_check (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  digest bytea NOT NULL
);
