select arrival, id, coalesce(strftime(t1, '%Y-%m-%dT%H:%M:%S.%g'), 'null'), coalesce(strftime(t1, '%-d.%-m.%y %-H:%M'), 'null'), coalesce(strftime(t1, '%A, %B %-d %Y, %I:%M %p'), 'null'),
  strftime(d1, '%d/%m/%Y'), strftime(date '2000-01-01' + at1, '%H-%M-%S') from input order by line
