-- The writer keeps families, hosts and their counts itself: it sums what a transaction changes and writes each row
-- once, where the triggers touched both for each class. `sidestream central check` recounts them.
DROP TRIGGER class_is_new;
DROP TRIGGER class_is_counted;
