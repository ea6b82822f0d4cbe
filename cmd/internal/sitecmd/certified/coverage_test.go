package certified

import (
	"testing"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/training/award"
	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

func coverageKey(t *testing.T) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

func dayOf(t *testing.T, s string) certificate.Day {
	t.Helper()
	d, err := certificate.ParseDay(s)
	require.NoError(t, err)
	return d
}

// Who is certified is counted by what can be checked, and by what site.yaml says only
// of those of whom nothing is kept.
func TestEachAdminIsCountedOnceByTheBestThatIsKnown(t *testing.T) {
	vendor, durand, petit, leroy := coverageKey(t), coverageKey(t), coverageKey(t), coverageKey(t)
	p := Papers{Today: dayOf(t, "2026-11-23"), People: award.People{
		Roster: roster.Roster{Site: "S042", People: []roster.Person{
			{ID: "mdurand", Key: durand.Public()}, {ID: "ppetit", Key: petit.Public()}, {ID: "nleroy", Key: leroy.Public()},
		}},
		Vendor: roster.Vendor{Name: "V", People: []roster.Person{{ID: "ruth", Key: vendor.Public()}}},
	}}
	keep := func(id string, holder sign.Signer, until string) {
		s, err := certificate.Issue(certificate.Certificate{
			ID: id, Holder: "X", Key: holder.Public().ID(), Site: "S042", Track: certificate.Admin, Band: certificate.Pass,
			Issued: dayOf(t, "2026-01-01"), Until: dayOf(t, until), Bank: "2026.1", Issuer: vendor.Public().ID(), Supervisor: vendor.Public().ID(),
		}, vendor)
		require.NoError(t, err)
		p.Kept = append(p.Kept, s)
	}
	contact := func(id, cert, until string) siteconf.Contact {
		c := siteconf.Contact{ID: id, Certificate: cert}
		if until != "" {
			require.NoError(t, c.Until.UnmarshalText([]byte(until)))
		}
		return c
	}
	count := func(contacts ...siteconf.Contact) Coverage {
		return CoverageOf(&siteconf.Config{Contacts: contacts}, p)
	}

	require.False(t, count().Told, "nothing is said and nothing kept")
	c := count(contact("mdurand", "DSA-1", "2027-01-19"), contact("ppetit", "DSA-2", ""), contact("nleroy", "", ""), contact("x", "DSA-4", "2026-11-22"))
	require.Equal(t, "2 of 2, 2 of them only as site.yaml says", c.Words())
	_, known := c.Horizon()
	require.False(t, known, "it hangs on an end that nobody has said")

	keep("DSA-1", durand, "2027-03-01")
	keep("DSA-0", durand, "2026-12-01")
	c = count(contact("mdurand", "DSA-1", "2030-01-19"), contact("ppetit", "DSA-2", "2027-06-30"))
	require.Equal(t, "2 of 2, 1 of them only as site.yaml says", c.Words())
	require.Equal(t, Admin{"mdurand", "DSA-1", dayOf(t, "2027-03-01"), true}, c.Admins[0], "the longer one, and not what is written")
	day, known := c.Horizon()
	require.True(t, known)
	require.Equal(t, "2027-03-02", day.String())
	require.Equal(t, "WARN", HorizonFinding(c, "").State, "within 120 days")

	p.Withdrawn = &certificate.Withdrawals{Number: 1, Issued: p.Today, List: []certificate.Withdrawal{{ID: "DSA-1", On: p.Today, Why: "x"}, {ID: "DSA-0", On: p.Today, Why: "x"}}}
	c = count(contact("mdurand", "DSA-9", "2030-01-19"), contact("ppetit", "DSA-2", "2027-06-30"))
	require.Equal(t, "1 of 2, 1 of them only as site.yaml says", c.Words(), "whose certificate was withdrawn does not count by another that is only written")
	require.Len(t, p.Troubles(), 2)
	p.People.Roster.People = p.People.Roster.People[1:]
	require.Empty(t, p.Troubles(), "who has left the roster troubles nobody")
}

func TestAnEndThatIsNearIsANotice(t *testing.T) {
	end := dayOf(t, "2027-03-01")
	c := Coverage{Ends: []Ending{EndsOn("mdurand", certificate.Admin, "DSA-0031", end, end.Add(-1)), EndsOn("nleroy", certificate.Admin, "DSA-0032", end, end.Add(-91))}}
	require.Equal(t, []site.Finding{{
		State: "WARN", What: "certificate DSA-0031 of mdurand (admin) ends on 2027-03-01, in 1 day: notice of 7 days",
		Next: "darksite train exam start --renew --track admin --as mdurand --supervisor ID",
	}}, c.notices())
}
