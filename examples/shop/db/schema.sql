CREATE TABLE orders (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item       text NOT NULL,
  quantity   integer NOT NULL CHECK (quantity > 0),
  -- The worker turns "received" into "packed".
  status     text NOT NULL DEFAULT 'received',
  created_at timestamptz NOT NULL DEFAULT now()
);
