-- What a race for caps must leave behind, from the rows of state.db alone. Before it: a table `cap(name, micro_usd)` with the
-- limits in force, `people` and `experiments` (parts of a million) among them. Each line that comes out is a mistake.

-- Every sum that a call is part of, and the cap of that sum.
CREATE TEMP VIEW member AS
SELECT number, 'system hour ' || hour AS sum, (SELECT micro_usd FROM cap WHERE name = 'system hour') AS cap FROM call
UNION ALL SELECT number, 'system day ' || day, (SELECT micro_usd FROM cap WHERE name = 'system day') FROM call
UNION ALL SELECT number, 'agent hour ' || agent || ' ' || hour, (SELECT micro_usd FROM cap WHERE name = 'agent hour') FROM call
UNION ALL SELECT number, 'agent day ' || agent || ' ' || day, (SELECT micro_usd FROM cap WHERE name = 'agent day') FROM call
UNION ALL SELECT number, 'session ' || session, (SELECT micro_usd FROM cap WHERE name = 'session') FROM call
UNION ALL SELECT number, 'system day ' || day || ' without people', (SELECT rest FROM share WHERE name = 'system day') FROM call WHERE work <> 'person'
UNION ALL SELECT number, 'agent day ' || agent || ' ' || day || ' without people', (SELECT rest FROM share WHERE name = 'agent day') FROM call WHERE work <> 'person'
UNION ALL SELECT number, 'system day ' || day || ' of experiments', (SELECT experiments FROM share WHERE name = 'system day') FROM call WHERE work = 'experiment'
UNION ALL SELECT number, 'system day ' || day || ' of tasks and beats', (SELECT rest - experiments FROM share WHERE name = 'system day')
	FROM call WHERE work IN ('task', 'beat');

CREATE TEMP VIEW share AS
SELECT name, micro_usd - (micro_usd * (SELECT micro_usd FROM cap WHERE name = 'people') + 999999) / 1000000 AS rest,
	micro_usd * (SELECT micro_usd FROM cap WHERE name = 'experiments') / 1000000 AS experiments FROM cap;

-- What happened, in order. Within a millisecond a settlement comes first: it is what makes room.
CREATE TEMP VIEW event AS
SELECT number, reserved_at AS at, 1 AS turn, reserved_micro_usd AS change FROM call
UNION ALL SELECT number, settled_at, 0, micro_usd - reserved_micro_usd FROM call WHERE state <> 0;

CREATE TEMP VIEW course AS
SELECT member.sum, cap, number, at, sum(change) OVER (PARTITION BY member.sum ORDER BY at, turn, number) AS so_far FROM member JOIN event USING (number);

SELECT 'over its cap: ' || sum || ' is ' || so_far || ' of ' || cap || ' at ' || at || ' with call ' || number FROM course WHERE so_far > cap;
SELECT 'more than was reserved: call ' || number || ' came to ' || micro_usd || ' of ' || reserved_micro_usd FROM call WHERE micro_usd > reserved_micro_usd;
SELECT 'settled before it was reserved: call ' || number FROM call WHERE state <> 0 AND settled_at < reserved_at;
SELECT 'not what its state says: call ' || number FROM call WHERE micro_usd <> CASE state WHEN 1 THEN micro_usd WHEN 3 THEN 0 ELSE reserved_micro_usd END;
SELECT 'no step: call ' || number FROM call LEFT JOIN step USING (session, seq) WHERE step.kind IS NOT 'model';
