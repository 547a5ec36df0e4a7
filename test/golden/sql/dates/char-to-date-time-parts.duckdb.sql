select arrival, id, d1, make_time(hour(at1), minute(at1), second(at1)) from input order by line
