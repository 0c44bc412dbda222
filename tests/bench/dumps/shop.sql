-- The benchmark's PostgreSQL database: about 1 GB of dump at :scale 100, a fourth of it numbers,
-- the rest text, jsonb and timestamps. The same for the same scale.
SELECT setseed(0.5);

CREATE FUNCTION word() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT (ARRAY['able','about','account','across','address','after','amount','answer','april','area',
    'arrive','autumn','balance','basket','before','black','blue','book','bottle','branch','bridge',
    'broken','budget','building','button','camera','carry','centre','change','check','client','cloud',
    'coffee','colour','common','copper','corner','country','credit','customer','daily','damaged',
    'december','deliver','depot','detail','discount','door','double','early','engine','evening',
    'every','factory','family','february','field','finish','forward','fragile','garden','general',
    'glass','green','handle','harbour','heavy','hotel','invoice','island','january','kitchen','ladder',
    'late','leather','letter','light','machine','market','message','metal','minute','monday','money',
    'morning','narrow','night','north','notice','november','number','office','order','packet','paper',
    'parcel','payment','person','price','quality','quiet','reason','receipt','refund','region','return',
    'river','road','sample','second','service','shelf','silver','small','south','station','stock',
    'street','summer','supplier','table','ticket','today','tower','urgent','value','village','wagon',
    'warehouse','water','weekend','west','white','window','winter','wooden','yellow','zone']
  )[1 + floor(random() * 140)::int]
$$;

CREATE FUNCTION sentence(words int) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT string_agg(word(), ' ') FROM generate_series(1, words)
$$;

CREATE TABLE shop_size (units numeric);
CREATE TABLE customer (
  id bigint PRIMARY KEY, name text, email text, city text, joined timestamptz, balance numeric(12,2));
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer bigint, amount numeric(12,2), quantity int, state text,
  placed timestamptz, changed timestamptz);
CREATE TABLE event (
  id bigint PRIMARY KEY, customer bigint, at timestamptz, payload jsonb);
CREATE TABLE note (
  id bigint PRIMARY KEY, orders bigint, written timestamptz, body text);
CREATE TABLE reading (
  id bigint, sensor int, at timestamptz, value double precision, raw int, PRIMARY KEY (id));

-- Rows of each table, as the shop writes them on `day`; `first` and `last` in units of :scale.
CREATE PROCEDURE fill(first numeric, last numeric, day timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customer
    SELECT i, initcap(word()) || ' ' || initcap(word()), word() || i || '@' || word() || '.example',
      initcap(word()), day + i * interval '1 second', round((random() * 1000)::numeric, 2)
    FROM generate_series(floor(first * 4000)::bigint + 1, floor(last * 4000)::bigint) i;
  INSERT INTO orders
    SELECT i, 1 + floor(random() * last::float * 4000), round((random() * 500)::numeric, 2),
      1 + floor(random() * 9), (ARRAY['new','paid','packed','sent','returned'])[1 + floor(random() * 5)],
      day + i * interval '1 second', day + i * interval '1 second' + random() * interval '9 hours'
    FROM generate_series(floor(first * 20000)::bigint + 1, floor(last * 20000)::bigint) i;
  INSERT INTO event
    SELECT i, 1 + floor(random() * last::float * 4000), day + i * interval '700 milliseconds',
      jsonb_build_object('kind', word(), 'page', '/' || word() || '/' || word(), 'ip',
        '10.' || floor(random() * 256) || '.' || floor(random() * 256) || '.' || floor(random() * 256),
        'duration', round((random() * 5000)::numeric, 1), 'tags', jsonb_build_array(word(), word()),
        'session', md5((i / 20)::text))
    FROM generate_series(floor(first * 12000)::bigint + 1, floor(last * 12000)::bigint) i;
  INSERT INTO note
    SELECT i, 1 + floor(random() * last::float * 20000), day + i * interval '3 seconds',
      sentence(20 + floor(random() * 60)::int)
    FROM generate_series(floor(first * 8000)::bigint + 1, floor(last * 8000)::bigint) i;
  INSERT INTO reading
    SELECT i, floor(random() * 500), day + i * interval '1 second', random() * 100, floor(random() * 4096)
    FROM generate_series(floor(first * 25000)::bigint + 1, floor(last * 25000)::bigint) i;
  DELETE FROM shop_size;
  INSERT INTO shop_size VALUES (last);
END $$;

CALL fill(0, :scale, '2026-01-01 00:00:00+00');
CREATE INDEX ON orders (customer);
CREATE INDEX ON event (at);
VACUUM (ANALYZE);
