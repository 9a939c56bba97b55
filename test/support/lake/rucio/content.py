"""Makes the contents of the seed's files: real ROOT files with TTrees, real FITS files, text.
Done once at installation, so that a start only copies bytes. usage: content.py FOLDER
Writes FOLDER/<key>/<file> and FOLDER/content.json: key -> [{file, bytes, adler32, md5, rows}]."""
import hashlib
import json
import os
import random
import sys
import zlib

import numpy
import uproot

FITS_BLOCK = 2880


def muon_pairs(rng, n):
    """Z -> mu mu as a toy: two muons per event, their mass spread around that of the Z (GeV)."""
    mass = rng.normal(91.19, 2.5, n).astype('f4')
    eta = rng.normal(0, 1.2, (2, n)).astype('f4')
    phi = rng.uniform(-numpy.pi, numpy.pi, n).astype('f4')
    pt = (mass / numpy.sqrt(2 * (numpy.cosh(eta[0] - eta[1]) + 1))).astype('f4')
    return {
        'run': numpy.full(n, 2026, 'i4'), 'event': numpy.arange(1, n + 1, dtype='i8'),
        'mu1_pt': pt, 'mu1_eta': eta[0], 'mu1_phi': phi, 'mu1_charge': numpy.ones(n, 'i4'),
        'mu2_pt': pt, 'mu2_eta': eta[1], 'mu2_phi': (phi - numpy.pi).astype('f4'), 'mu2_charge': numpy.full(n, -1, 'i4'),
        'mass': mass,
    }


def root_file(path, rng, n):
    columns = muon_pairs(rng, n)
    with uproot.recreate(path) as out:
        out.mktree('events', {k: v.dtype for k, v in columns.items()}, title='Z to mu mu candidates').extend(columns)
        out['mass'] = numpy.histogram(columns['mass'], bins=60, range=(60, 120))
    return n


def card(key, value=None, comment=''):
    """One 80 character record of a FITS header (FITS standard 4.0, section 4)."""
    if value is None:
        text = key
    elif isinstance(value, bool):
        text = f'{key:<8}= {"T" if value else "F":>20} / {comment}'
    elif isinstance(value, int):
        text = f'{key:<8}= {value:>20} / {comment}'
    elif isinstance(value, float):
        text = f'{key:<8}= {value:>20.8E} / {comment}'
    else:
        quoted = "'" + str(value).replace("'", "''").ljust(8) + "'"
        text = f'{key:<8}= {quoted:<20} / {comment}'
    return text[:80].ljust(80)


def padded(data, fill):
    return data + fill * (-len(data) % FITS_BLOCK)


def header(cards):
    return padded(''.join([*cards, card('END')]).encode('ascii'), b' ')


def fits_file(path, rng, side, stars):
    """A sky image with stars (primary HDU, 16 bit) and their catalogue (binary table)."""
    image = rng.normal(100, 5, (side, side))
    x, y = rng.uniform(2, side - 3, stars), rng.uniform(2, side - 3, stars)
    flux = rng.exponential(2000, stars)
    for i, j, f in zip(x.astype(int), y.astype(int), flux):
        image[j - 1:j + 2, i - 1:i + 2] += f / 9
    pixels = numpy.clip(image, 0, 32767).astype('>i2')
    table = numpy.zeros(stars, dtype=[('ID', '>i4'), ('X', '>f4'), ('Y', '>f4'), ('FLUX', '>f4')])
    table['ID'], table['X'], table['Y'], table['FLUX'] = numpy.arange(1, stars + 1), x + 1, y + 1, flux
    with open(path, 'wb') as out:
        out.write(header([
            card('SIMPLE', True, 'conforms to FITS'), card('BITPIX', 16, '16 bit integers'), card('NAXIS', 2, 'an image'),
            card('NAXIS1', side, 'width'), card('NAXIS2', side, 'height'), card('EXTEND', True, 'a table follows'),
            card('OBJECT', 'Toy field', 'made for tests'), card('EXPTIME', 30.0, 'seconds')]))
        out.write(padded(pixels.tobytes(), b'\0'))
        columns = []
        for n, (name, form) in enumerate((('ID', '1J'), ('X', '1E'), ('Y', '1E'), ('FLUX', '1E')), 1):
            columns += [card(f'TTYPE{n}', name, ''), card(f'TFORM{n}', form, '')]
        out.write(header([
            card('XTENSION', 'BINTABLE', 'binary table'), card('BITPIX', 8, ''), card('NAXIS', 2, ''),
            card('NAXIS1', table.dtype.itemsize, 'bytes per row'), card('NAXIS2', stars, 'rows'), card('PCOUNT', 0, ''),
            card('GCOUNT', 1, ''), card('TFIELDS', 4, ''), *columns, card('EXTNAME', 'STARS', '')]))
        out.write(padded(table.tobytes(), b'\0'))
    return stars


def text_file(path, rng, lines):
    with open(path, 'w', encoding='utf-8') as out:
        out.write('# channel gain pedestal\n')
        for n in range(lines):
            out.write(f'{n:05d} {rng.normal(1, 0.02):.6f} {rng.normal(40, 2):.3f}\n')
    return lines


def binary_file(path, rng, size):
    block = random.Random(size).randbytes(min(size, 1 << 20))
    with open(path, 'wb') as out:
        for start in range(0, size, len(block) or 1):
            out.write(block[:size - start])
    return size


# key -> (how, ending, the size of each file in rows)
WANTED = {
    'zmumu': (root_file, 'root', [9000, 10000, 11000, 12000]),
    'raw': (root_file, 'root', [20, 100, 1000, 4000, 8000, 12000, 20000, 30000]),
    'aod': (root_file, 'root', [6000, 7000, 8000, 9000, 10000, 11000]),
    'small': (root_file, 'root', [50, 60, 70, 80, 90, 100]),
    'sky': (fits_file, 'fits', [128, 160, 192]),
    'calib': (text_file, 'txt', [400, 800, 1200, 1600, 2000]),
    'notes': (text_file, 'txt', [3, 5, 8, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24]),
    'large': (binary_file, 'bin', [20 << 20, 60 << 20]),
}


def main(folder):
    listing = {}
    for key, (make, ending, sizes) in WANTED.items():
        os.makedirs(os.path.join(folder, key), exist_ok=True)
        for n, size in enumerate(sizes, 1):
            file = f'{key}/{n:03d}.{ending}'
            path = os.path.join(folder, file)
            rng = numpy.random.default_rng(zlib.crc32(file.encode()))
            rows = make(path, rng, size, 200) if make is fits_file else make(path, rng, size)
            with open(path, 'rb') as made:
                data = made.read()
            listing.setdefault(key, []).append({
                'file': file, 'bytes': len(data), 'adler32': f'{zlib.adler32(data) & 0xffffffff:08x}',
                'md5': hashlib.md5(data).hexdigest(), 'rows': rows})
    with open(os.path.join(folder, 'content.json'), 'w', encoding='utf-8') as out:
        json.dump(listing, out, indent=1)


if __name__ == '__main__':
    main(sys.argv[1])
