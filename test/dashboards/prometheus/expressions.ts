/** Queries that both judges answer; together they touch every production of the subset. */
export const EXPRESSIONS: readonly string[] = `
1
1.5e3
0x1F
010
Inf
-Inf
NaN
-1 ^ 2
2 ^ 3 ^ 2
1 + 2 * 3 % 4 - 5 / 2
1 == bool 1
1 != bool 1
3 > bool 2
3 < bool 2
3 >= bool 3
2 <= bool 1
1 atan2 2
-(1 + 2)
+5
"a text"
'it''s' == bool 1
\`raw \\n\`
time()
pi()
vector(1)
vector(time())
scalar(lone_value)
scalar(views_events)
scalar(revenue_amount{country="DE"})
views_events
views_events{}
{__name__="views_events"}
{__name__=~"views_.*|revenue_.*"}
views_events{page="/"}
views_events{page!="/"}
views_events{page=~"/item/.*"}
views_events{page!~"/item/.*"}
views_events{page=~"/|/cart", country!~"U.|F."}
views_events{nolabel=""}
views_events{nolabel!=""}
views_events{country=~""}
views_events{country=~"d.*"}
views_events{country=~"(?i)d.*"}
views_events{country=~"[A-F]{2}"}
views_events{page=~"/item/[[:digit:]]+"}
views_events{page!~"/item/[[:^digit:]]+"}
odd_value{text=~"gr.*\\n.*"}
odd_value{text="größe \\"x\\"\\n\\\\"}
lone_value
nothing_here
views_events offset 5m
views_events offset 1h
views_events offset -5m
views_events offset 1h30m
views_events @ 1767576007
views_events @ start()
views_events @ end()
views_events @ end() offset 10m
views_events offset 10m @ 1767576007
sum(views_events) + sum(views_events offset 5m) * 2
-views_events
-views_events ^ 2
+views_events
views_events + 1
1 - views_events
views_events * 2.5
views_events / 0
views_events % 7
views_events ^ 0.5
2 ^ (views_events / 100)
views_events atan2 100
views_events > 100
views_events >= 100
views_events < 100
views_events <= 100
views_events == 100
views_events != 100
100 < views_events
views_events > bool 100
100 == bool views_events
odd_value == odd_value
odd_value * 2
odd_value != bool odd_value
views_events + views_events
views_events / on(page, country) views_events
views_events{page="/"} / ignoring(page) views_events{page="/cart"}
views_events{page="/"} - on(country) views_events{page="/cart"}
views_events > on(page, country) (views_events offset 1m)
views_events > bool views_events offset 1m
views_events{page="/"} * on(country) revenue_amount
views_events * on(country) group_left revenue_amount
views_events * on(country) group_left() revenue_amount
revenue_amount * on(country) group_right views_events
revenue_amount * ignoring(page) group_right views_events
views_events == on(country) group_left max by (country) (views_events)
views_events / ignoring(page) group_left sum by (country) (views_events)
views_events * on(country) group_left(page) label_replace(revenue_amount, "page", "$1", "country", "(.*)")
views_events and views_events > 100
views_events and on(country) revenue_amount > 200
views_events unless views_events > 100
views_events unless on(country) (revenue_amount > 0)
views_events > 200 or views_events < 20
views_events{page="/"} or views_events{page="/cart"}
revenue_amount or on(country) views_events
views_events and ignoring(page) revenue_amount
vector(1) or views_events
sum(views_events) or vector(0)
sum(nothing_here) or vector(0)
sum(views_events)
sum by (page) (views_events)
sum by (country, page) (views_events)
sum by () (views_events)
sum without (page) (views_events)
sum without () (views_events)
sum(views_events) by (country)
sum(views_events) without (country,)
sum by (nolabel) (views_events)
avg(views_events)
avg by (page) (views_events)
min by (country) (views_events)
max by (country) (views_events)
min(odd_value)
max(odd_value)
sum(odd_value)
avg(odd_value)
count(views_events)
count by (page) (views_events > 100)
group by (country) (views_events)
stddev(views_events)
stdvar by (country) (views_events)
quantile(0.9, views_events)
quantile by (page) (0.25, views_events)
quantile(-1, views_events)
quantile(2, views_events)
quantile(0.5, odd_value)
topk(3, views_events)
topk by (country) (1, views_events)
bottomk(2, views_events)
bottomk by (page) (1, views_events)
topk(2, odd_value)
topk(100, revenue_amount)
topk(0, views_events)
count_values("value", revenue_amount > bool 0)
count_values by (country) ("v", round(views_events, 100))
count_values("v", odd_value)
sum(sum by (country) (views_events)) / count(views_events)
abs(revenue_amount)
ceil(revenue_amount)
floor(revenue_amount)
round(revenue_amount)
round(revenue_amount, 10)
round(revenue_amount, 0.1)
sqrt(views_events)
exp(views_events / 100)
ln(views_events)
log2(views_events)
log10(views_events)
sgn(revenue_amount)
sin(views_events)
cos(views_events)
tan(views_events)
asin(views_events / 1000)
acos(views_events / 1000)
atan(views_events)
sinh(views_events / 100)
cosh(views_events / 100)
tanh(views_events / 100)
asinh(views_events)
acosh(views_events + 1)
atanh(views_events / 1000)
deg(views_events)
rad(views_events)
clamp(views_events, 50, 150)
clamp(views_events, 150, 50)
clamp_min(views_events, 100)
clamp_max(views_events, 100)
absent(nothing_here)
absent(nothing_here{page="/", country=~"x"})
absent(views_events)
absent(sum(nothing_here))
absent_over_time(nothing_here{page="/"}[5m])
absent_over_time(views_events[5m])
sort(views_events)
sort_desc(views_events)
sort(odd_value)
timestamp(views_events)
timestamp(views_events offset 10m)
timestamp(sum(views_events))
minute()
hour()
day_of_week()
day_of_month()
day_of_year()
days_in_month()
month()
year()
minute(timestamp(views_events{country="DE"}))
year(vector(1e9))
day_of_year(vector(1709164800))
days_in_month(vector(1709164800))
rate(records_total[5m])
rate(records_total[10m30s])
rate(records_total[90s])
increase(records_total[5m])
increase(records_total[1h])
delta(revenue_amount[5m])
delta(views_events[20m])
irate(records_total[5m])
idelta(views_events[5m])
deriv(views_events[15m])
deriv(odd_value{kind="constant"}[15m])
predict_linear(views_events[15m], 600)
predict_linear(views_events[15m] offset 5m, 600)
changes(views_events[10m])
changes(odd_value[10m])
resets(records_total[2h])
resets(revenue_amount[10m])
avg_over_time(views_events[10m])
min_over_time(views_events[10m])
max_over_time(views_events[10m])
sum_over_time(views_events[10m])
count_over_time(views_events[10m])
last_over_time(views_events[10m])
present_over_time(views_events[10m])
stddev_over_time(views_events[10m])
stdvar_over_time(views_events[10m])
quantile_over_time(0.9, views_events[10m])
quantile_over_time(1.5, views_events[10m])
min_over_time(odd_value[5m])
max_over_time(odd_value[5m])
sum_over_time(odd_value[5m])
avg_over_time(odd_value[5m])
count_over_time(lone_value[3h])
avg_over_time(views_events[10m] offset 30m)
avg_over_time(views_events[10m] @ 1767576007)
sum by (shard) (rate(records_total[5m]))
sum(rate(records_total[5m])) / 60
max_over_time(sum(views_events)[30m:1m])
max_over_time(views_events[30m:5m])
avg_over_time(rate(records_total[5m])[30m:])
sum_over_time((views_events > 100)[20m:2m])
max_over_time(sum(views_events)[30m:1m] offset 10m)
max_over_time(sum(views_events)[30m:1m] @ end())
rate(sum(records_total)[20m:1m])
max_over_time(avg_over_time(views_events[5m])[20m:7m])
count_over_time(vector(1)[10m:1m])
histogram_quantile(0.9, delay_seconds_bucket)
histogram_quantile(0.9, rate(delay_seconds_bucket[5m]))
histogram_quantile(0.5, sum by (le) (rate(delay_seconds_bucket[10m])))
histogram_quantile(0.99, sum by (le, page) (increase(delay_seconds_bucket[1h])))
histogram_quantile(0, delay_seconds_bucket)
histogram_quantile(1, delay_seconds_bucket)
histogram_quantile(-0.1, delay_seconds_bucket)
histogram_quantile(1.1, delay_seconds_bucket)
histogram_quantile(0.9, delay_seconds_bucket{le!="+Inf"})
histogram_quantile(0.9, views_events)
label_replace(views_events, "kind", "$1", "page", "/(.*)")
label_replace(views_events, "kind", "\${1}x-$1", "page", "/(item).*")
label_replace(views_events, "country", "", "country", "D.*")
label_replace(views_events, "kind", "$name", "page", "/(?P<name>[a-z]+).*")
label_replace(views_events, "kind", "fixed", "nolabel", "")
label_replace(sum(views_events), "all", "yes", "", "")
label_join(views_events, "both", "-", "country", "page")
label_join(views_events, "both", ",", "country", "nolabel", "page")
label_join(views_events, "empty", "-")
sum by (section) (label_replace(views_events, "section", "$1", "page", "/([a-z]*).*"))
100 * sum(views_events{page="/cart"}) / sum(views_events)
sum(views_events) > 500 and sum(views_events) < 2000
(sum(views_events) - sum(views_events offset 5m)) / sum(views_events offset 5m)
topk(2, sum by (page) (avg_over_time(views_events[30m])))
views_events # a comment
sum(
  views_events
) by (country)
`
  .trim()
  .split('\n')
  .reduce<string[]>((lines, line) => {
    // A query over several lines goes on while its parentheses are open.
    const last = lines.at(-1)
    const open = last === undefined ? 0 : (last.match(/\(/g)?.length ?? 0) - (last.match(/\)/g)?.length ?? 0)
    if (last !== undefined && open > 0 && /\($/m.test(last.split('\n')[0] ?? ''))
      lines[lines.length - 1] = `${last}\n${line}`
    else lines.push(line)
    return lines
  }, [])

/** Of these, what Prometheus 2.x answers otherwise than 3. */
export const DIFFERENT_IN_2: ReadonlySet<string> = new Set([
  // 2.x keeps the name of the metric
  'views_events atan2 100',
  // 2.x holds a counter's way to zero against the threshold, 3 holds it against half a distance
  'rate(records_total[10m30s])',
  'increase(records_total[1h])',
  'histogram_quantile(0.5, sum by (le) (rate(delay_seconds_bucket[10m])))',
  // a subquery is evaluated at whole steps, where 2.x counts the start of the inner range in
  'avg_over_time(rate(records_total[5m])[30m:])',
  'sum_over_time((views_events > 100)[20m:2m])',
  'max_over_time(avg_over_time(views_events[5m])[20m:7m])',
])

/** Asked at whole minutes, where samples lie on the borders of the ranges. */
export const ON_BORDERS: readonly string[] = [
  'views_events{page="/cart"}',
  'rate(records_total[5m])',
  'increase(records_total[5m])',
  'delta(revenue_amount[5m])',
  'count_over_time(views_events[5m])',
  'sum_over_time(views_events{page="/item/2"}[5m])',
  'max_over_time(sum(views_events)[30m:1m])',
  'count_over_time(vector(1)[10m:1m])',
  'lone_value',
  'count_over_time(lone_value[20m])',
]
