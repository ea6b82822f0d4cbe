package openmetrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
	"darksite/localmon/source/pinned"
)

// Limits of one request. A host that goes beyond them is misbehaving.
const (
	maxBody     = 32 << 20
	maxHeader   = 64 << 10
	dialTimeout = 5 * time.Second
)

// errTooLong marks a reply that goes beyond what an exporter serves.
var errTooLong = fmt.Errorf("the reply has more than %d bytes", maxBody)

// client asks one host and nothing else.
type client struct {
	base    *url.URL
	token   string
	perCall time.Duration
	http    *http.Client
}

func newClient(o Options, base *url.URL) (*client, error) {
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token has spaces or spans lines; put the token alone into the token file")
	}
	pin := ""
	switch {
	case base.Scheme == "http" && o.Token != "":
		return nil, errors.New("a token over plain http is given away; use https")
	case base.Scheme == "http":
	case o.Pin == "":
		return nil, errors.New("no certificate pin; fetch the fingerprint, compare it with what the host itself shows, and set tls_pin")
	default:
		var err error
		if pin, err = pinned.Parse(o.Pin); err != nil {
			return nil, err
		}
	}
	return &client{base: base, token: o.Token, perCall: cmp.Or(o.RequestTimeout, 10*time.Second), http: &http.Client{
		Transport: pinned.Transport(pinned.HostPort(base), pin, maxParallel), CheckRedirect: pinned.NoRedirect,
	}}, nil
}

// reply is what came back, to be read while it comes.
type reply struct {
	body    io.Reader
	dialect exposition.Dialect
	date    time.Time // the host's clock; zero where it told none
}

const accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

// get asks for one path and passes the reply to take, all within the time of
// one call. Errors wrap one of the sentinels.
func (c *client) get(ctx context.Context, path string, take func(reply) error) error {
	short, cancel := context.WithTimeout(ctx, c.perCall)
	defer cancel()
	req, err := http.NewRequestWithContext(short, http.MethodGet, c.base.String()+path, nil)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", path, err)
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", "darksite")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.plain(ctx, short, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: HTTP %d; make a new token for a read-only user and put it in the token file", localmon.ErrTokenRefused, resp.StatusCode)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return fmt.Errorf("%w: HTTP %d, a redirect, which is not followed", ErrNoData, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%w: HTTP %d", ErrNoData, resp.StatusCode)
	case resp.Header.Get("Content-Encoding") != "":
		return fmt.Errorf("%w: the reply is compressed, which was not asked for", ErrNoData)
	}
	r := reply{body: &limited{resp.Body, maxBody}, dialect: exposition.DialectOf(resp.Header.Get("Content-Type"))}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		r.date = date.UTC()
	}
	err = take(r)
	if err == nil {
		// A host that sees us hang up may end its reply in good order, and that
		// end may still be read: what comes after the time does not count.
		err = short.Err()
	}
	if err != nil {
		return c.plain(ctx, short, err)
	}
	return nil
}

// plain says an error without the request around it, and a timeout in words a
// person understands.
func (c *client) plain(ctx, short context.Context, err error) error {
	var asURL *url.Error
	if errors.As(err, &asURL) {
		err = asURL.Err
	}
	switch {
	case errors.Is(err, localmon.ErrCertificateChanged):
		return fmt.Errorf("%w: %w", localmon.ErrCertificateChanged, err)
	case ctx.Err() != nil:
		err = fmt.Errorf("no complete reply before the look ended: %w", ctx.Err())
	case short.Err() != nil:
		err = fmt.Errorf("no complete reply within %s: %w", c.perCall, short.Err())
	case errors.Is(err, ErrNoData):
		return err
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%w: %w", ErrNoData, err)
	}
	return fmt.Errorf("%w: %w", localmon.ErrUnreachable, err)
}

// limited fails where an io.LimitedReader would end as if all were read.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLong
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
