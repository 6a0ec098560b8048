import type { Pool } from "pg";

/**
 * The schema as text, read from PostgreSQL's catalogue: tables, columns, constraints, indexes, triggers, and the rows
 * of `state_moves`. The same schema is always the same text, however it came about.
 */
export async function describeSchema(pool: Pool): Promise<string> {
  const lines = async (sql: string): Promise<string[]> =>
    (await pool.query<{ line: string }>(sql)).rows.map(({ line }) => line);
  const sections = [
    ...(await lines(`
      select format(E'table %s (\\n%s\\n)', c.relname, string_agg(format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then ' not null' else '' end,
        coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')), E',\\n' order by a.attname)) as line
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' group by c.relname order by c.relname`)),
    ...(await lines(`
      select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) as line
      from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0 and contype <> 'n' order by conrelid::regclass::text, conname`)),
    ...(await lines(`
      select indexdef as line from pg_indexes where schemaname = 'public' order by indexname`)),
    ...(await lines(`
      select pg_get_functiondef(oid) as line from pg_proc where pronamespace = 'public'::regnamespace order by proname`)),
    ...(await lines(`
      select pg_get_triggerdef(oid) as line from pg_trigger where not tgisinternal order by tgrelid::regclass::text, tgname`)),
    ...(await lines(`
      select format('move %s: %s -> %s', subject, from_status, to_status) as line from state_moves order by 1`)),
  ];
  return `-- The database after every migration, as its catalogue tells it. Made by a test; see migrate.test.ts.\n\n${sections.join("\n\n")}\n`;
}
