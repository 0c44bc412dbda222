-- What happens to the shop from one nightly dump to the next: 0.5 % of the rows of each table are
-- updated, 0.5 % are inserted. :night counts from 1.
SELECT setseed(:night / 1000.0);

UPDATE customer SET balance = round((random() * 1000)::numeric, 2)
  WHERE id IN (SELECT id FROM customer TABLESAMPLE BERNOULLI (0.5) REPEATABLE (:night));
UPDATE orders SET state = 'sent', changed = changed + random() * interval '2 days'
  WHERE id IN (SELECT id FROM orders TABLESAMPLE BERNOULLI (0.5) REPEATABLE (:night));
UPDATE event SET payload = jsonb_set(payload, '{duration}', to_jsonb(round((random() * 5000)::numeric, 1)))
  WHERE id IN (SELECT id FROM event TABLESAMPLE BERNOULLI (0.5) REPEATABLE (:night));
UPDATE note SET body = body || ' ' || sentence(4), written = written + interval '1 day'
  WHERE id IN (SELECT id FROM note TABLESAMPLE BERNOULLI (0.5) REPEATABLE (:night));
UPDATE reading SET value = random() * 100
  WHERE id IN (SELECT id FROM reading TABLESAMPLE BERNOULLI (0.5) REPEATABLE (:night));

-- A two-hundredth of the first day's rows, behind the last.
SELECT units AS first, units + :scale / 200.0 AS last FROM shop_size \gset
CALL fill(:first, :last, '2026-01-01 00:00:00+00'::timestamptz + :night * interval '1 day');
VACUUM;
