/** Accounts, machines, environments, addresses, peers, usage. */
export const sql = `
create table teams (
  id text primary key,
  name text not null unique,
  created_at timestamptz not null
);

create table api_keys (
  id text primary key,
  team_id text not null references teams,
  key_hash text not null,
  prefix text not null check (length(prefix) = 8),
  scope text not null check (scope in ('admin', 'developer', 'ci')),
  name text not null,
  created_at timestamptz not null,
  last_used timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_by_team on api_keys (team_id, created_at desc, id desc);

create table credential_keys (
  id integer primary key default 1 check (id = 1),
  public_key text not null,
  private_key text not null
);

create table servers (
  id text primary key,
  wg_public_key text unique,
  last_seen timestamptz not null
);

create table machines (
  id text primary key,
  name text not null unique,
  provider_id text not null,
  provider_type text not null check (provider_type in ('manual', 'hetzner')),
  status text not null,
  reason text,
  status_since timestamptz not null,
  public_ip text not null,
  wg_public_key text unique,
  wg_endpoint text not null,
  address text not null unique,
  ssh_host text not null,
  ssh_user text not null,
  ssh_port integer not null,
  ssh_key text,
  host_key text,
  expected_host_key text,
  engine text check (engine in ('docker', 'podman')),
  region text,
  size text,
  capacity_environments integer not null check (capacity_environments > 0),
  capacity_memory_mb integer,
  capacity_cpus double precision,
  allow_privileged boolean not null,
  firewall boolean not null,
  agent_version text,
  needs_wipe boolean not null default false,
  last_seen timestamptz,
  created_at timestamptz not null,
  check (status not in ('ready', 'assigned') or wg_public_key is not null),
  check (needs_wipe = false or status <> 'assigned')
);
create unique index machines_by_provider on machines (provider_type, provider_id);

create table environments (
  id text primary key,
  team_id text not null references teams,
  key_id text not null references api_keys,
  name text not null,
  project text not null,
  format text not null check (format in ('compose', 'devcontainer', 'procfile')),
  project_path text,
  machine_id text references machines on delete set null,
  status text not null,
  reason text,
  status_since timestamptz not null,
  block cidr,
  services jsonb not null default '[]',
  created_at timestamptz not null,
  created_by text not null,
  source text not null check (source in ('cli', 'ci', 'api')),
  exclusive boolean not null,
  keep boolean not null,
  memory_mb integer not null,
  cpus double precision not null,
  last_active timestamptz not null,
  payload_bytes double precision not null default 0,
  ttl_until timestamptz,
  extended_until timestamptz,
  operation text check (operation in ('prepare', 'up', 'start', 'stop', 'destroy')),
  operation_id text,
  operation_since timestamptz,
  operation_builds boolean not null default false,
  check ((operation is null) = (operation_id is null)),
  check ((block is null) = (status = 'destroyed')),
  check (status <> 'failed' or reason is not null)
);
-- A name is free again once its environment is destroyed.
create unique index environments_by_name on environments (team_id, name) where status <> 'destroyed';
create unique index environments_by_block on environments (block) where block is not null;
create index environments_by_team on environments (team_id, created_at desc, id desc);
create index environments_by_key on environments (key_id, created_at desc, id desc);
create index environments_by_machine on environments (machine_id) where status <> 'destroyed';
create index environments_with_operation on environments (operation_since) where operation is not null;

create table blocks (
  block cidr primary key,
  environment_id text unique references environments deferrable initially deferred,
  freed_at timestamptz,
  check ((environment_id is null) <> (freed_at is null)),
  exclude using gist (block inet_ops with &&)
);

create table addresses (
  address inet primary key,
  owner text unique,
  freed_at timestamptz,
  check ((owner is null) <> (freed_at is null))
);

create table devices (
  public_key text primary key,
  team_id text not null references teams,
  key_id text not null references api_keys,
  user_id text not null,
  device text not null,
  created_at timestamptz not null
);

create table preshared_keys (
  public_key text not null references devices on delete cascade,
  machine_id text not null references machines on delete cascade,
  preshared_key text not null,
  primary key (public_key, machine_id)
);

create table peers (
  environment_id text not null references environments,
  public_key text not null references devices,
  key_id text not null references api_keys,
  connected_at timestamptz not null,
  lease_until timestamptz not null,
  removed_at timestamptz,
  primary key (environment_id, public_key)
);
create index peers_by_device on peers (public_key);
create index peers_by_key on peers (key_id);
create index peers_by_lease on peers (lease_until);

create table usage_records (
  id text primary key,
  team_id text not null references teams,
  environment_id text not null references environments,
  start_time timestamptz not null,
  end_time timestamptz,
  duration_sec integer,
  check ((end_time is null) = (duration_sec is null))
);
create unique index usage_records_open on usage_records (environment_id) where end_time is null;

create table audit_events (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  team_id text references teams,
  actor text not null,
  key_id text references api_keys,
  action text not null,
  target text not null,
  request_id text
);
create index audit_events_by_team on audit_events (team_id, id desc);

create table idempotency_keys (
  key_id text not null references api_keys,
  idempotency_key text not null,
  fingerprint text not null,
  status integer,
  answer jsonb,
  created_at timestamptz not null,
  primary key (key_id, idempotency_key)
);

-- State machines: what is not a row here is no move. The same as states.ts of environments and machines.
create table state_moves (
  subject text not null,
  from_status text not null,
  to_status text not null,
  primary key (subject, from_status, to_status)
);
insert into state_moves values
  ('environments', 'provisioning', 'syncing'),
  ('environments', 'provisioning', 'failed'),
  ('environments', 'provisioning', 'destroying'),
  ('environments', 'syncing', 'running'),
  ('environments', 'syncing', 'failed'),
  ('environments', 'syncing', 'destroying'),
  ('environments', 'running', 'syncing'),
  ('environments', 'running', 'degraded'),
  ('environments', 'running', 'stopped'),
  ('environments', 'running', 'failed'),
  ('environments', 'running', 'destroying'),
  ('environments', 'degraded', 'running'),
  ('environments', 'degraded', 'syncing'),
  ('environments', 'degraded', 'stopped'),
  ('environments', 'degraded', 'failed'),
  ('environments', 'degraded', 'destroying'),
  ('environments', 'stopped', 'running'),
  ('environments', 'stopped', 'syncing'),
  ('environments', 'stopped', 'failed'),
  ('environments', 'stopped', 'destroying'),
  ('environments', 'failed', 'syncing'),
  ('environments', 'failed', 'destroying'),
  ('environments', 'destroying', 'destroyed'),
  ('machines', 'registering', 'ready'),
  ('machines', 'registering', 'unhealthy'),
  ('machines', 'registering', 'destroying'),
  ('machines', 'provisioning', 'ready'),
  ('machines', 'provisioning', 'unhealthy'),
  ('machines', 'provisioning', 'destroying'),
  ('machines', 'ready', 'assigned'),
  ('machines', 'ready', 'unhealthy'),
  ('machines', 'ready', 'draining'),
  ('machines', 'ready', 'destroying'),
  ('machines', 'assigned', 'ready'),
  ('machines', 'assigned', 'unhealthy'),
  ('machines', 'assigned', 'draining'),
  ('machines', 'assigned', 'destroying'),
  ('machines', 'unhealthy', 'registering'),
  ('machines', 'unhealthy', 'ready'),
  ('machines', 'unhealthy', 'assigned'),
  ('machines', 'unhealthy', 'draining'),
  ('machines', 'unhealthy', 'destroying'),
  ('machines', 'draining', 'ready'),
  ('machines', 'draining', 'unhealthy'),
  ('machines', 'draining', 'destroying');

create function check_move() returns trigger language plpgsql as $$
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
end $$;

create trigger environments_move before insert or update of status on environments
  for each row execute function check_move('provisioning');
create trigger machines_move before insert or update of status on machines
  for each row execute function check_move('registering', 'provisioning');

-- What was destroyed stays as it was, and only a machine without environments is forgotten.
create function keep_destroyed() returns trigger language plpgsql as $$
begin
  raise exception 'environment % is destroyed', old.id using errcode = 'check_violation';
end $$;
create trigger environments_keep_destroyed before update on environments
  for each row when (old.status = 'destroyed' and new.machine_id is not null) execute function keep_destroyed();

create function keep_machine() returns trigger language plpgsql as $$
begin
  if exists (select from environments where machine_id = old.id and status <> 'destroyed') then
    raise exception 'machine % carries environments', old.id using errcode = 'check_violation';
  end if;
  return old;
end $$;
create trigger machines_keep before delete on machines for each row execute function keep_machine();
`;
