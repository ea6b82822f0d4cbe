package remedy

import (
	"darksite/cmd/internal/runtarget"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/source/arrayact"
	"darksite/runbooks/engine"
)

// hands are those of the kit on an array: none unless the site's policy says so
// and there is a token for it.
func (a *app) hands(conf *siteconf.Config, f *liveFacts) (engine.Hands, error) {
	ar, ok := conf.Array(f.target)
	if !ok || !conf.Runbooks.KitMayAct || ar.ActTokenFile == "" || ar.Via != siteconf.ViaREST {
		return nil, nil
	}
	token, err := watch.Secret(a.Site, ar, "token for the kit's own acts", ar.ActTokenFile)
	if err != nil {
		return nil, err
	}
	client, err := arrayact.New(arrayact.Options{Target: ar.Name, Kind: ar.Kind, URL: ar.URL, Token: token, Pin: ar.TLSPin})
	if err != nil {
		return nil, err
	}
	return runtarget.NewHands(client, f.Live), nil
}
