package cli

import (
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/aura-runtime/aura"
)

// qr returns a text as a QR code of half blocks, light on dark as most terminals are, in two rows a line.
// With colour the code is right on light terminals too.
func qr(text string, colour bool) (string, error) {
	code, err := qrcode.New(text, qrcode.Low)
	if err != nil {
		return "", aura.Errorf("cli.qr", aura.Invalid, "the text is too long for a QR code")
	}
	lines := strings.Split(strings.TrimRight(code.ToSmallString(false), "\n"), "\n")
	if !colour {
		return strings.Join(lines, "\n"), nil
	}
	const light, off = "\x1b[97;40m", "\x1b[0m"
	for i := range lines {
		lines[i] = light + lines[i] + off
	}
	return strings.Join(lines, "\n"), nil
}
