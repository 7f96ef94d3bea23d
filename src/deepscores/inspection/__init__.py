"""Looking at datasets: checks, statistics, report, viewer, galleries."""
