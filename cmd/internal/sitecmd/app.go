package sitecmd

import "darksite/cmd/internal/sitecmd/site"

// app is the site that the commands of this package work on.
type app struct{ *site.Site }
