package carry_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/sign"
)

// A sealed file is prepared, its label signed, written to a stick, damaged on
// the road, and restored.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "carry")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	sealed := filepath.Join(dir, "S042-000017.tar.zst.age")
	content := make([]byte, 100_000)
	if err := os.WriteFile(sealed, content, 0o600); err != nil {
		panic(err)
	}
	private, _, err := sign.GenerateKey(nil, "mdurand", nil)
	if err != nil {
		panic(err)
	}
	officer, err := sign.ParsePrivateKey(private, nil)
	if err != nil {
		panic(err)
	}

	some := bundle.DigestOf([]byte("of the manifest, the tar, the journal"))
	set, err := carry.Prepare(ctx, sealed, carry.Label{
		BID: "S042-000017", Seq: 17, Marking: "INTERNAL", ReleasedBy: "mdurand",
		SealedSHA256: bundle.DigestOf(content), TarSHA256: some, ManifestSHA256: some,
		Recipients: []string{"SHA256:intake", "SHA256:record"},
		Journal:    bundle.JournalMark{Size: 41, Root: some},
	}, carry.Layout{}, nil)
	if err != nil {
		panic(err)
	}
	signature, err := officer.Sign(sign.Label, set.LabelText)
	if err != nil {
		panic(err)
	}
	now := time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)
	written, err := carry.Write(ctx, dir, sealed, set, [][]byte{signature}, carry.Options{Now: now})
	if err != nil {
		panic(err)
	}
	if _, err := carry.ReadBack(ctx, dir, "S042-000017", carry.ReadOptions{}); err != nil {
		panic(err)
	}

	if err := os.Truncate(filepath.Join(written.Folder, set.Label.SealedName()), 95_000); err != nil {
		panic(err)
	}
	report, err := carry.ReassembleFile(ctx, filepath.Join(dir, "restored"), carry.ReadOptions{}, written.Folder)
	fmt.Println(report.State, report.Repaired, err)
	// Output: repairable 2 <nil>
}
