package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/stock"
)

// Keep stores a document with its bytes; one that is there already is no error.
type Keep func(ctx context.Context, d *document.Document, content []byte) error

// evidence makes the papers of a delivery, real files that can be opened: its receipt as text and a photo of
// the boxes. They exist before the movement that names them.
func (l *loader) evidence(ctx context.Context, key string, m *stock.MoveRequest) ([]uuid.UUID, error) {
	if l.Keep == nil {
		return nil, nil
	}
	ids := newIDs(l.Seed, "papers of "+key)
	photo, err := photoOf(newRand(l.Seed, "photo of "+key))
	if err != nil {
		return nil, err
	}
	var out []uuid.UUID
	for _, p := range []struct {
		kind    document.Kind
		name    string
		media   string
		content []byte
	}{
		{document.Paper, "canhoto-" + m.Papers.NFNumber + ".txt", document.TypeText, receiptOf(m)},
		{document.Photo, "recebimento-" + m.Papers.NFNumber + ".png", document.TypePNG, photo},
	} {
		d := paperBy(l.Actors.Agent, ids.next(l.anchor), l.anchor)
		sum := sha256.Sum256(p.content)
		d.Kind, d.Name, d.DeclaredType, d.Type, d.Size, d.SHA256 = p.kind, document.SafeName(p.name), p.media, p.media, int64(len(p.content)), hex.EncodeToString(sum[:])
		d.Bucket, d.Key, _ = d.Place()
		if err := l.Keep(ctx, d, p.content); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out = append(out, d.ID)
	}
	return out, nil
}

func paperBy(who *identity.Actor, id uuid.UUID, on stock.Date) *document.Document {
	return &document.Document{ID: id, Status: document.Available, CreatedBy: who.PersonID, CreatedAt: on.Time(), InspectedAt: on.Time()}
}

// receiptOf is the slip that a driver has signed.
func receiptOf(m *stock.MoveRequest) []byte {
	return fmt.Appendf(nil, "CANHOTO DE RECEBIMENTO (demonstração)\n\nNota fiscal: %s\nItem: %s\nQuantidade: %s\nDestino: %s\n\nRecebi os volumes acima em perfeito estado.\nAssinatura: conferente do depósito\n",
		m.Papers.NFNumber, m.PartNumber, m.Quantity.Trim(0), m.Destination)
}

// photoOf is a picture of boxes on a pallet, as a camera that sees only shapes would take it.
func photoOf(r *rand.Rand) ([]byte, error) {
	const width, height, boxes = 480, 320, 9
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width { // a wall that is darker below
			img.Set(x, y, color.RGBA{uint8(208 - y/4), uint8(212 - y/4), uint8(218 - y/5), 255})
		}
	}
	fill := func(at image.Rectangle, c color.RGBA) {
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X; x < at.Max.X; x++ {
				img.Set(x, y, c)
			}
		}
	}
	fill(image.Rect(40, 286, 440, 304), color.RGBA{120, 84, 48, 255}) // the pallet
	for i := range boxes {
		x, y := 60+i%3*124, 286-(i/3+1)*78
		brown := uint8(150 + r.UintN(50))
		fill(image.Rect(x, y, x+116, y+74), color.RGBA{brown, brown - 38, brown - 80, 255})
		fill(image.Rect(x+50, y, x+66, y+74), color.RGBA{222, 205, 170, 255})    // tape
		fill(image.Rect(x+10, y+44, x+44, y+64), color.RGBA{244, 244, 244, 255}) // label
		for line := range 4 {
			fill(image.Rect(x+13, y+47+line*4, x+20+int(r.UintN(20)), y+49+line*4), color.RGBA{40, 40, 40, 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}
