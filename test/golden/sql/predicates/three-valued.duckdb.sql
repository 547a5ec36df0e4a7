select arrival, id, f and g, f or g, not f, f and not g or g and not f, f and null, g or null from input order by line
