package choreo

import "github.com/aura-runtime/aura/choreo/syntax"

// checkBundles checks the proof bundles and the protocol's demands on them.
func (c *checker) checkBundles() {
	bundles := map[string]*syntax.ProofBundle{}
	for _, d := range c.file.Decls {
		b, ok := d.(*syntax.ProofBundle)
		if !ok {
			continue
		}
		if bundles[b.Name.Text] != nil {
			c.problem(b.Name.Span, "DuplicateProofBundle", "", "proof bundle %s is declared twice", b.Name.Text)
		}
		bundles[b.Name.Text] = b
	}
	seen := map[string]bool{}
	for _, r := range c.proto.Requires {
		b := bundles[r.Text]
		switch {
		case seen[r.Text]:
			c.problem(r.Span, "DuplicateProofBundle", "", "proof bundle %s is required twice", r.Text)
		case b == nil:
			c.problem(r.Span, "MissingProofBundle", didYouMean(r.Text, bundles), "proof bundle %s is not declared", r.Text)
		case len(b.Requires) == 0:
			c.problem(r.Span, "MissingCapability", "list them: requires [a, b]", "proof bundle %s names no capability, so requiring it ensures nothing", r.Text)
		}
		seen[r.Text] = true
	}
}

// checkProfiles checks execution profiles, agreement profiles and the operations that need them.
func (c *checker) checkProfiles() {
	profiles, agreements := map[string]bool{}, map[string]bool{}
	declare := func(known map[string]bool, name syntax.Name, what string) {
		if known[name.Text] {
			c.problem(name.Span, "DuplicateProfile", "", "%s %s is declared twice", what, name.Text)
		}
		known[name.Text] = true
	}
	for _, d := range c.file.Decls {
		switch d := d.(type) {
		case *syntax.Profile:
			declare(profiles, d.Name, "profile")
		case *syntax.AgreementProfile:
			declare(agreements, d.Name, "agreement profile")
		}
	}
	for _, u := range c.proto.Under {
		if !profiles[u.Text] {
			c.problem(u.Span, "UndefinedProfile", didYouMean(u.Text, profiles), "profile %s is not declared", u.Text)
		}
	}
	for _, d := range c.file.Decls {
		op, ok := d.(*syntax.Operation)
		if !ok {
			continue
		}
		if op.Progress == nil {
			c.problem(op.Name.Span, "MissingProgress", "write progress and the name of a contract", "operation %s must declare an explicit progress contract", op.Name.Text)
		}
		switch {
		case op.Agreement.Text == "":
			c.problem(op.Name.Span, "MissingAgreement", "write agreement and the name of a profile", "operation %s must name an agreement profile", op.Name.Text)
		case !agreements[op.Agreement.Text]:
			c.problem(op.Agreement.Span, "UndefinedProfile", didYouMean(op.Agreement.Text, agreements), "agreement profile %s is not declared", op.Agreement.Text)
		}
	}
}
