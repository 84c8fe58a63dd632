package roster

import (
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Found returns entry 0 for the certificate of an authority's first device, so that accounts from before rosters
// have one: this device alone, with every right and the whole share, and no recovery key. It follows from the
// certificate alone, so all peers derive the same, and it carries the certificate's signature. It returns
// the error of [fact.Certificate.Verify].
func Found(c *fact.Certificate) (Entry, error) {
	if err := c.Verify(); err != nil {
		return Entry{}, &aura.Error{Op: "roster.Found", Kind: aura.KindOf(err), Err: err}
	}
	return Entry{
		Authority: c.Authority(), Maker: c.Device(), Root: c.Root, Rank: RankRoot, Signature: c.Signature,
		Devices: []Device{{
			Signing: c.Signing, Agreement: c.Agreement, Link: c.Link, Rights: RightsSpeak | RightsGovern, Share: Whole,
		}},
	}, nil
}

// Certificate returns the certificate that an entry 0 was derived from, verified. It returns aura.Denied for an entry
// that was not derived from one.
func (e *Entry) Certificate() (fact.Certificate, error) {
	const op = "roster.Certificate"
	if e.Number != 0 || len(e.Devices) != 1 {
		return fact.Certificate{}, aura.Errorf(op, aura.Denied, "entry %d with %d devices is no certificate", e.Number, len(e.Devices))
	}
	d := &e.Devices[0]
	c := fact.Certificate{Root: e.Root, Signing: d.Signing, Agreement: d.Agreement, Link: d.Link, Signature: e.Signature}
	derived, err := Found(&c)
	if err != nil {
		return fact.Certificate{}, aura.Errorf(op, aura.Denied, "entry 0: %w", err)
	}
	if derived.Hash() != e.Hash() {
		return fact.Certificate{}, aura.Errorf(op, aura.Denied, "entry 0 says more than its certificate")
	}
	return c, nil
}

// Lists reports whether a verified entry lists, or listed, the device of a certificate, with the same keys. Then the certificate
// says nothing that the entries do not say; for any other device it is a second entry 0.
func (c *Chain) Lists(of *fact.Certificate) bool {
	d := Device{Signing: of.Signing, Agreement: of.Agreement, Link: of.Link}
	for i := range c.nodes {
		devices := c.nodes[i].Entry.Devices
		if at, there := slices.BinarySearchFunc(devices, d, compareDevices); there && devices[at].sameKeys(&d) {
			return true
		}
	}
	return false
}

// verifyCountersignature checks that the holder of a device's signing key joined it to the authority.
func (d *Device) verifyCountersignature(authority aura.AuthorityID) error {
	if !verify(&d.Signing, d.SigningBytes(authority), &d.Countersignature) {
		return fmt.Errorf("device %s did not sign its keys for %s: enrol it from that device", aura.Short(d.ID()), aura.Short(authority))
	}
	return nil
}
