-- Keep what one run of the drift job found for one feature; all of a run have one computed_at.
INSERT INTO drift_reports (model_version, feature, psi, live_count, window_start, window_end)
VALUES (
    %(model_version)s, %(feature)s, %(psi)s, %(live_count)s, %(window_start)s, %(window_end)s
)
