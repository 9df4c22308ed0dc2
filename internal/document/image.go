package document

import (
	"bytes"
	"encoding/binary"
)

// checkPixels refuses images that decode to more than a camera takes, whatever their file weighs: a
// 200 kB file can claim 4 GB of pixels (S-12).
func checkPixels(width, height uint64) error {
	if width == 0 || height == 0 || width > MaxPixels || height > MaxPixels || width*height > MaxPixels {
		return refuse("A imagem tem %d × %d pontos; o máximo é de %d milhões.", "The image has %d × %d pixels; %d million is the most.",
			width, height, MaxPixels/1_000_000)
	}
	return nil
}

func brokenImage() error { return refuse("A imagem está danificada.", "The image is damaged.") }

// checkPNG reads the header chunk, which is always the first, and wants the end chunk at the end (PNG,
// third edition, sections 5.6 and 11.2).
func (i *Inspector) checkPNG() error {
	h := i.head
	if len(h) < 33 || string(h[12:16]) != "IHDR" || binary.BigEndian.Uint32(h[8:]) != 13 {
		return brokenImage()
	}
	if !bytes.HasSuffix(i.tail, []byte("\x00\x00\x00\x00IEND\xae\x42\x60\x82")) {
		return refuse("Há dados depois do fim da imagem.", "There is data behind the end of the image.")
	}
	return checkPixels(uint64(binary.BigEndian.Uint32(h[16:])), uint64(binary.BigEndian.Uint32(h[20:])))
}

// checkJPEG walks from segment to segment to the frame header (ITU T.81, annex B). The first one counts
// for baseline and progressive images; a second frame is refused with the hierarchical mode.
func (i *Inspector) checkJPEG() error {
	h := i.head
	for at := 2; at+4 <= len(h); {
		if h[at] != 0xff {
			return brokenImage()
		}
		marker := h[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		length := int(binary.BigEndian.Uint16(h[at+2:]))
		switch {
		case marker == 0xda || marker == 0xd9 || length < 2: // the picture begins, or ends, without a frame
			return brokenImage()
		case marker == 0xde: // hierarchical
			return refuse("Este tipo de JPEG não é aceito.", "This sort of JPEG is not accepted.")
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if at+9 > len(h) {
				return brokenImage()
			}
			return checkPixels(uint64(binary.BigEndian.Uint16(h[at+7:])), uint64(binary.BigEndian.Uint16(h[at+5:])))
		}
		at += 2 + length
	}
	return brokenImage()
}

// checkWebP reads the first chunk (RFC 9649, section 2) and wants the length that the file gives itself.
func (i *Inspector) checkWebP() error {
	h := i.head
	if len(h) < 30 {
		return brokenImage()
	}
	if size := int64(binary.LittleEndian.Uint32(h[4:])); size+8 != i.size {
		return refuse("Há dados depois do fim da imagem.", "There is data behind the end of the image.")
	}
	switch string(h[12:16]) {
	case "VP8X":
		three := func(at int) uint64 { return uint64(h[at]) | uint64(h[at+1])<<8 | uint64(h[at+2])<<16 }
		return checkPixels(three(24)+1, three(27)+1)
	case "VP8L":
		if h[20] != 0x2f {
			return brokenImage()
		}
		bits := binary.LittleEndian.Uint32(h[21:])
		return checkPixels(uint64(bits&0x3fff)+1, uint64(bits>>14&0x3fff)+1)
	case "VP8 ":
		if !bytes.Equal(h[23:26], []byte{0x9d, 0x01, 0x2a}) {
			return brokenImage()
		}
		return checkPixels(uint64(binary.LittleEndian.Uint16(h[26:])&0x3fff), uint64(binary.LittleEndian.Uint16(h[28:])&0x3fff))
	}
	return brokenImage()
}
