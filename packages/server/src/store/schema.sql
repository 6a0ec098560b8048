-- The database after every migration, as its catalogue tells it. Made by a test; see migrate.test.ts.

table addresses (
  address inet not null,
  freed_at timestamp with time zone,
  owner text
)

table api_keys (
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  id text not null,
  key_hash text not null,
  last_used timestamp with time zone,
  name text not null,
  prefix text not null,
  revoked_at timestamp with time zone,
  scope text not null,
  team_id text not null
)

table audit_events (
  action text not null,
  actor text not null,
  at timestamp with time zone not null,
  id bigint not null,
  key_id text,
  request_id text,
  target text not null,
  team_id text
)

table blocks (
  block cidr not null,
  environment_id text,
  freed_at timestamp with time zone
)

table credential_keys (
  id integer not null default 1,
  private_key text not null,
  public_key text not null
)

table devices (
  created_at timestamp with time zone not null,
  device text not null,
  key_id text not null,
  public_key text not null,
  team_id text not null,
  user_id text not null
)

table environments (
  block cidr,
  cpus double precision not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  exclusive boolean not null,
  extended_until timestamp with time zone,
  format text not null,
  id text not null,
  keep boolean not null,
  key_id text not null,
  last_active timestamp with time zone not null,
  machine_id text,
  memory_mb integer not null,
  name text not null,
  operation text,
  operation_builds boolean not null default false,
  operation_id text,
  operation_since timestamp with time zone,
  payload_bytes double precision not null default 0,
  project text not null,
  project_path text,
  reason text,
  services jsonb not null default '[]'::jsonb,
  source text not null,
  status text not null,
  status_since timestamp with time zone not null,
  team_id text not null,
  ttl_until timestamp with time zone
)

table idempotency_keys (
  answer jsonb,
  created_at timestamp with time zone not null,
  fingerprint text not null,
  idempotency_key text not null,
  key_id text not null,
  status integer
)

table machines (
  address text not null,
  agent_version text,
  allow_privileged boolean not null,
  capacity_cpus double precision,
  capacity_environments integer not null,
  capacity_memory_mb integer,
  created_at timestamp with time zone not null,
  engine text,
  expected_host_key text,
  firewall boolean not null,
  host_key text,
  id text not null,
  last_seen timestamp with time zone,
  name text not null,
  needs_wipe boolean not null default false,
  provider_id text not null,
  provider_type text not null,
  public_ip text not null,
  reason text,
  region text,
  size text,
  ssh_host text not null,
  ssh_key text,
  ssh_port integer not null,
  ssh_user text not null,
  status text not null,
  status_since timestamp with time zone not null,
  wg_endpoint text not null,
  wg_public_key text
)

table migrations (
  applied_at timestamp with time zone not null,
  name text not null
)

table peers (
  connected_at timestamp with time zone not null,
  environment_id text not null,
  key_id text not null,
  lease_until timestamp with time zone not null,
  public_key text not null,
  removed_at timestamp with time zone
)

table preshared_keys (
  machine_id text not null,
  preshared_key text not null,
  public_key text not null
)

table servers (
  id text not null,
  last_seen timestamp with time zone not null,
  wg_public_key text
)

table state_moves (
  from_status text not null,
  subject text not null,
  to_status text not null
)

table teams (
  created_at timestamp with time zone not null,
  id text not null,
  name text not null
)

table usage_records (
  duration_sec integer,
  end_time timestamp with time zone,
  environment_id text not null,
  id text not null,
  start_time timestamp with time zone not null,
  team_id text not null
)

constraint addresses_check on addresses: CHECK (((owner IS NULL) <> (freed_at IS NULL)))

constraint addresses_owner_key on addresses: UNIQUE (owner)

constraint addresses_pkey on addresses: PRIMARY KEY (address)

constraint api_keys_pkey on api_keys: PRIMARY KEY (id)

constraint api_keys_prefix_check on api_keys: CHECK ((length(prefix) = 8))

constraint api_keys_scope_check on api_keys: CHECK ((scope = ANY (ARRAY['admin'::text, 'developer'::text, 'ci'::text])))

constraint api_keys_team_id_fkey on api_keys: FOREIGN KEY (team_id) REFERENCES teams(id)

constraint audit_events_key_id_fkey on audit_events: FOREIGN KEY (key_id) REFERENCES api_keys(id)

constraint audit_events_pkey on audit_events: PRIMARY KEY (id)

constraint audit_events_team_id_fkey on audit_events: FOREIGN KEY (team_id) REFERENCES teams(id)

constraint blocks_block_excl on blocks: EXCLUDE USING gist (block inet_ops WITH &&)

constraint blocks_check on blocks: CHECK (((environment_id IS NULL) <> (freed_at IS NULL)))

constraint blocks_environment_id_fkey on blocks: FOREIGN KEY (environment_id) REFERENCES environments(id) DEFERRABLE INITIALLY DEFERRED

constraint blocks_environment_id_key on blocks: UNIQUE (environment_id)

constraint blocks_pkey on blocks: PRIMARY KEY (block)

constraint credential_keys_id_check on credential_keys: CHECK ((id = 1))

constraint credential_keys_pkey on credential_keys: PRIMARY KEY (id)

constraint devices_key_id_fkey on devices: FOREIGN KEY (key_id) REFERENCES api_keys(id)

constraint devices_pkey on devices: PRIMARY KEY (public_key)

constraint devices_team_id_fkey on devices: FOREIGN KEY (team_id) REFERENCES teams(id)

constraint environments_check on environments: CHECK (((operation IS NULL) = (operation_id IS NULL)))

constraint environments_check1 on environments: CHECK (((block IS NULL) = (status = 'destroyed'::text)))

constraint environments_check2 on environments: CHECK (((status <> 'failed'::text) OR (reason IS NOT NULL)))

constraint environments_format_check on environments: CHECK ((format = ANY (ARRAY['compose'::text, 'devcontainer'::text, 'procfile'::text])))

constraint environments_key_id_fkey on environments: FOREIGN KEY (key_id) REFERENCES api_keys(id)

constraint environments_machine_id_fkey on environments: FOREIGN KEY (machine_id) REFERENCES machines(id) ON DELETE SET NULL

constraint environments_operation_check on environments: CHECK ((operation = ANY (ARRAY['prepare'::text, 'up'::text, 'start'::text, 'stop'::text, 'destroy'::text])))

constraint environments_pkey on environments: PRIMARY KEY (id)

constraint environments_source_check on environments: CHECK ((source = ANY (ARRAY['cli'::text, 'ci'::text, 'api'::text])))

constraint environments_team_id_fkey on environments: FOREIGN KEY (team_id) REFERENCES teams(id)

constraint idempotency_keys_key_id_fkey on idempotency_keys: FOREIGN KEY (key_id) REFERENCES api_keys(id)

constraint idempotency_keys_pkey on idempotency_keys: PRIMARY KEY (key_id, idempotency_key)

constraint machines_address_key on machines: UNIQUE (address)

constraint machines_capacity_environments_check on machines: CHECK ((capacity_environments > 0))

constraint machines_check on machines: CHECK (((status <> ALL (ARRAY['ready'::text, 'assigned'::text])) OR (wg_public_key IS NOT NULL)))

constraint machines_check1 on machines: CHECK (((needs_wipe = false) OR (status <> 'assigned'::text)))

constraint machines_engine_check on machines: CHECK ((engine = ANY (ARRAY['docker'::text, 'podman'::text])))

constraint machines_name_key on machines: UNIQUE (name)

constraint machines_pkey on machines: PRIMARY KEY (id)

constraint machines_provider_type_check on machines: CHECK ((provider_type = ANY (ARRAY['manual'::text, 'hetzner'::text])))

constraint machines_wg_public_key_key on machines: UNIQUE (wg_public_key)

constraint migrations_pkey on migrations: PRIMARY KEY (name)

constraint peers_environment_id_fkey on peers: FOREIGN KEY (environment_id) REFERENCES environments(id)

constraint peers_key_id_fkey on peers: FOREIGN KEY (key_id) REFERENCES api_keys(id)

constraint peers_pkey on peers: PRIMARY KEY (environment_id, public_key)

constraint peers_public_key_fkey on peers: FOREIGN KEY (public_key) REFERENCES devices(public_key)

constraint preshared_keys_machine_id_fkey on preshared_keys: FOREIGN KEY (machine_id) REFERENCES machines(id) ON DELETE CASCADE

constraint preshared_keys_pkey on preshared_keys: PRIMARY KEY (public_key, machine_id)

constraint preshared_keys_public_key_fkey on preshared_keys: FOREIGN KEY (public_key) REFERENCES devices(public_key) ON DELETE CASCADE

constraint servers_pkey on servers: PRIMARY KEY (id)

constraint servers_wg_public_key_key on servers: UNIQUE (wg_public_key)

constraint state_moves_pkey on state_moves: PRIMARY KEY (subject, from_status, to_status)

constraint teams_name_key on teams: UNIQUE (name)

constraint teams_pkey on teams: PRIMARY KEY (id)

constraint usage_records_check on usage_records: CHECK (((end_time IS NULL) = (duration_sec IS NULL)))

constraint usage_records_environment_id_fkey on usage_records: FOREIGN KEY (environment_id) REFERENCES environments(id)

constraint usage_records_pkey on usage_records: PRIMARY KEY (id)

constraint usage_records_team_id_fkey on usage_records: FOREIGN KEY (team_id) REFERENCES teams(id)

CREATE UNIQUE INDEX addresses_owner_key ON public.addresses USING btree (owner)

CREATE UNIQUE INDEX addresses_pkey ON public.addresses USING btree (address)

CREATE INDEX api_keys_by_team ON public.api_keys USING btree (team_id, created_at DESC, id DESC)

CREATE UNIQUE INDEX api_keys_pkey ON public.api_keys USING btree (id)

CREATE INDEX audit_events_by_team ON public.audit_events USING btree (team_id, id DESC)

CREATE UNIQUE INDEX audit_events_pkey ON public.audit_events USING btree (id)

CREATE INDEX blocks_block_excl ON public.blocks USING gist (block inet_ops)

CREATE UNIQUE INDEX blocks_environment_id_key ON public.blocks USING btree (environment_id)

CREATE UNIQUE INDEX blocks_pkey ON public.blocks USING btree (block)

CREATE UNIQUE INDEX credential_keys_pkey ON public.credential_keys USING btree (id)

CREATE UNIQUE INDEX devices_pkey ON public.devices USING btree (public_key)

CREATE UNIQUE INDEX environments_by_block ON public.environments USING btree (block) WHERE (block IS NOT NULL)

CREATE INDEX environments_by_key ON public.environments USING btree (key_id, created_at DESC, id DESC)

CREATE INDEX environments_by_machine ON public.environments USING btree (machine_id) WHERE (status <> 'destroyed'::text)

CREATE UNIQUE INDEX environments_by_name ON public.environments USING btree (team_id, name) WHERE (status <> 'destroyed'::text)

CREATE INDEX environments_by_team ON public.environments USING btree (team_id, created_at DESC, id DESC)

CREATE UNIQUE INDEX environments_pkey ON public.environments USING btree (id)

CREATE INDEX environments_with_operation ON public.environments USING btree (operation_since) WHERE (operation IS NOT NULL)

CREATE UNIQUE INDEX idempotency_keys_pkey ON public.idempotency_keys USING btree (key_id, idempotency_key)

CREATE UNIQUE INDEX machines_address_key ON public.machines USING btree (address)

CREATE UNIQUE INDEX machines_by_provider ON public.machines USING btree (provider_type, provider_id)

CREATE UNIQUE INDEX machines_name_key ON public.machines USING btree (name)

CREATE UNIQUE INDEX machines_pkey ON public.machines USING btree (id)

CREATE UNIQUE INDEX machines_wg_public_key_key ON public.machines USING btree (wg_public_key)

CREATE UNIQUE INDEX migrations_pkey ON public.migrations USING btree (name)

CREATE INDEX peers_by_device ON public.peers USING btree (public_key)

CREATE INDEX peers_by_key ON public.peers USING btree (key_id)

CREATE INDEX peers_by_lease ON public.peers USING btree (lease_until)

CREATE UNIQUE INDEX peers_pkey ON public.peers USING btree (environment_id, public_key)

CREATE UNIQUE INDEX preshared_keys_pkey ON public.preshared_keys USING btree (public_key, machine_id)

CREATE UNIQUE INDEX servers_pkey ON public.servers USING btree (id)

CREATE UNIQUE INDEX servers_wg_public_key_key ON public.servers USING btree (wg_public_key)

CREATE UNIQUE INDEX state_moves_pkey ON public.state_moves USING btree (subject, from_status, to_status)

CREATE UNIQUE INDEX teams_name_key ON public.teams USING btree (name)

CREATE UNIQUE INDEX teams_pkey ON public.teams USING btree (id)

CREATE UNIQUE INDEX usage_records_open ON public.usage_records USING btree (environment_id) WHERE (end_time IS NULL)

CREATE UNIQUE INDEX usage_records_pkey ON public.usage_records USING btree (id)

CREATE OR REPLACE FUNCTION public.check_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    if new.status <> all (tg_argv) then
      raise exception '% cannot begin as %', tg_table_name, new.status using errcode = 'check_violation';
    end if;
  elsif new.status <> old.status and not exists (
    select from state_moves where subject = tg_table_name and from_status = old.status and to_status = new.status
  ) then
    raise exception '% cannot go from % to %', tg_table_name, old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $function$


CREATE OR REPLACE FUNCTION public.keep_destroyed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'environment % is destroyed', old.id using errcode = 'check_violation';
end $function$


CREATE OR REPLACE FUNCTION public.keep_machine()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from environments where machine_id = old.id and status <> 'destroyed') then
    raise exception 'machine % carries environments', old.id using errcode = 'check_violation';
  end if;
  return old;
end $function$


CREATE TRIGGER environments_keep_destroyed BEFORE UPDATE ON public.environments FOR EACH ROW WHEN (((old.status = 'destroyed'::text) AND (new.machine_id IS NOT NULL))) EXECUTE FUNCTION keep_destroyed()

CREATE TRIGGER environments_move BEFORE INSERT OR UPDATE OF status ON public.environments FOR EACH ROW EXECUTE FUNCTION check_move('provisioning')

CREATE TRIGGER machines_keep BEFORE DELETE ON public.machines FOR EACH ROW EXECUTE FUNCTION keep_machine()

CREATE TRIGGER machines_move BEFORE INSERT OR UPDATE OF status ON public.machines FOR EACH ROW EXECUTE FUNCTION check_move('registering', 'provisioning')

move environments: degraded -> destroying

move environments: degraded -> failed

move environments: degraded -> running

move environments: degraded -> stopped

move environments: degraded -> syncing

move environments: destroying -> destroyed

move environments: failed -> destroying

move environments: failed -> syncing

move environments: provisioning -> destroying

move environments: provisioning -> failed

move environments: provisioning -> syncing

move environments: running -> degraded

move environments: running -> destroying

move environments: running -> failed

move environments: running -> stopped

move environments: running -> syncing

move environments: stopped -> destroying

move environments: stopped -> failed

move environments: stopped -> running

move environments: stopped -> syncing

move environments: syncing -> destroying

move environments: syncing -> failed

move environments: syncing -> running

move machines: assigned -> destroying

move machines: assigned -> draining

move machines: assigned -> ready

move machines: assigned -> unhealthy

move machines: draining -> destroying

move machines: draining -> ready

move machines: draining -> unhealthy

move machines: provisioning -> destroying

move machines: provisioning -> ready

move machines: provisioning -> unhealthy

move machines: ready -> assigned

move machines: ready -> destroying

move machines: ready -> draining

move machines: ready -> unhealthy

move machines: registering -> destroying

move machines: registering -> ready

move machines: registering -> unhealthy

move machines: unhealthy -> assigned

move machines: unhealthy -> destroying

move machines: unhealthy -> draining

move machines: unhealthy -> ready

move machines: unhealthy -> registering
